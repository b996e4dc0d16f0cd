import type { Datatype } from '../../contracts/tensor.js';
import { toFloat16 } from '../../platform/onnx/float16.js';
import type { TensorArray } from '../../platform/onnx/tensor-data.js';

/** A column that is filled value by value. */
export interface CellColumn {
  data: TensorArray;
  /** @returns false when the value is none that the column takes */
  put(row: number, value: unknown): boolean;
}

interface ColumnType {
  /** In words, for who gave something else. */
  takes: string;
  make: (rows: number) => CellColumn;
}

type NumberArray =
  Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

/** From here on a number rounds to infinity. */
const float32Overflow = 2 ** 128 - 2 ** 103;
const float16Overflow = 65_520;

/** What a column of each datatype takes, and how it is kept. */
export const columnTypes: Record<Datatype, ColumnType> = {
  BOOL: {
    takes: 'true or false',
    make: (rows) =>
      column(new Uint8Array(rows), (data, row, value) => {
        if (typeof value !== 'boolean') return false;
        data[row] = value ? 1 : 0;
        return true;
      }),
  },
  INT8: integers((rows) => new Int8Array(rows), -128, 127),
  INT16: integers((rows) => new Int16Array(rows), -32_768, 32_767),
  INT32: integers((rows) => new Int32Array(rows), -2_147_483_648, 2_147_483_647),
  INT64: longIntegers((rows) => new BigInt64Array(rows), -(2n ** 63n), 2n ** 63n - 1n),
  UINT8: integers((rows) => new Uint8Array(rows), 0, 255),
  UINT16: integers((rows) => new Uint16Array(rows), 0, 65_535),
  UINT32: integers((rows) => new Uint32Array(rows), 0, 4_294_967_295),
  UINT64: longIntegers((rows) => new BigUint64Array(rows), 0n, 2n ** 64n - 1n),
  FP16: floats((rows) => new Uint16Array(rows), float16Overflow, toFloat16),
  FP32: floats((rows) => new Float32Array(rows), float32Overflow),
  FP64: floats((rows) => new Float64Array(rows), Infinity),
  BYTES: {
    takes: 'texts, a number in quotes too',
    make: (rows) =>
      column(Array<string>(rows).fill(''), (data, row, value) => {
        if (typeof value !== 'string') return false;
        data[row] = value;
        return true;
      }),
  },
};

function column<Data extends TensorArray>(
  data: Data,
  put: (data: Data, row: number, value: unknown) => boolean,
): CellColumn {
  return { data, put: (row, value) => put(data, row, value) };
}

function integers(make: (rows: number) => NumberArray, min: number, max: number): ColumnType {
  return {
    takes: `whole numbers from ${min} to ${max}`,
    make: (rows) =>
      column(make(rows), (data, row, value) => {
        if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) return false;
        data[row] = value;
        return true;
      }),
  };
}

/** Integers of 64 bits. JSON's numbers lose digits beyond 2^53, so what is larger comes as text. */
function longIntegers(
  make: (rows: number) => BigInt64Array | BigUint64Array,
  min: bigint,
  max: bigint,
): ColumnType {
  return {
    takes: `whole numbers from ${min} to ${max}, as text beyond 2^53`,
    make: (rows) =>
      column(make(rows), (data, row, value) => {
        const number = toBigInt(value);
        if (number === undefined || number < min || number > max) return false;
        data[row] = number;
        return true;
      }),
  };
}

function toBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

/** @param overflow the least size that would become infinite */
function floats(
  make: (rows: number) => NumberArray,
  overflow: number,
  encode: (value: number) => number = (value) => value,
): ColumnType {
  const size =
    overflow === Infinity ? 'finite numbers' : `numbers of a size below ${overflow.toPrecision(5)}`;
  return {
    takes: `${size}, and null for an empty cell`,
    make: (rows) =>
      column(make(rows), (data, row, value) => {
        const number = value === null ? Number.NaN : value;
        // Written so that NaN, which is no caller's number but our empty cell, passes.
        if (typeof number !== 'number' || Math.abs(number) >= overflow) return false;
        data[row] = encode(number);
        return true;
      }),
  };
}
