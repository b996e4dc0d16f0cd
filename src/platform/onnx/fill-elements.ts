import { halfOverflow, toHalfBits } from './half-float.js';

// One loop for each kind of element, without a call inside it where it matters: these are the numbers of every
// request. Each copies a row of JSON values into `out` from `at` on, and gives the place in the row of the first value
// that is none of its kind, or -1.

/** FP64: finite; null is NaN, an empty cell. */
export function fillDoubles(out: Float64Array, at: number, row: readonly unknown[]): number {
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (typeof value === 'number' && Number.isFinite(value)) out[at + i] = value;
    else if (value === null) out[at + i] = Number.NaN;
    else return i;
  }
  return -1;
}

/** FP32: finite also as such; null is NaN. */
export function fillFloats(out: Float32Array, at: number, row: readonly unknown[]): number {
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (typeof value === 'number') {
      const float = Math.fround(value);
      if (!Number.isFinite(float)) return i;
      out[at + i] = float;
    } else if (value === null) out[at + i] = Number.NaN;
    else return i;
  }
  return -1;
}

/** FP16 as its bits: finite also as such; null is NaN. */
export function fillHalves(out: Uint16Array, at: number, row: readonly unknown[]): number {
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (typeof value === 'number' && Math.abs(value) < halfOverflow) out[at + i] = toHalfBits(value);
    else if (value === null) out[at + i] = toHalfBits(Number.NaN);
    else return i;
  }
  return -1;
}

export type SmallIntegers = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** Integers of up to 32 bits. */
export function fillIntegers(min: number, max: number) {
  return (out: SmallIntegers, at: number, row: readonly unknown[]): number => {
    for (let i = 0; i < row.length; i++) {
      const value = row[i];
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) return i;
    }
    // Numbers all of them, as was just seen. A loop that stores into arrays of six types is six times as slow.
    out.set(row as readonly number[], at);
    return -1;
  };
}

const digits = /^-?\d{1,20}$/;
const wordSize = 2 ** 32;

/** Integers of 64 bits: numbers as far as a double is exact, texts of digits beyond. */
export function fillLongs(out: BigInt64Array | BigUint64Array, at: number, row: readonly unknown[]): number {
  // A bigint made for each number would take five times as long as writing its two halves.
  const words = new Uint32Array(out.buffer, out.byteOffset, 2 * out.length);
  const isUnsigned = out instanceof BigUint64Array;
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) || (isUnsigned && value < 0)) return i;
      words[2 * (at + i)] = value;
      words[2 * (at + i) + 1] = Math.floor(value / wordSize);
    } else if (typeof value === 'string' && digits.test(value)) {
      const integer = BigInt(value);
      out[at + i] = integer;
      if (out[at + i] !== integer) return i;
    } else return i;
  }
  return -1;
}

/** BOOL as 0 and 1. */
export function fillBooleans(out: Uint8Array, at: number, row: readonly unknown[]): number {
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (value === true || value === 1) out[at + i] = 1;
    else if (value === false || value === 0) out[at + i] = 0;
    else return i;
  }
  return -1;
}

/** ONNX Runtime would cut a text at a zero character, and replace half of a surrogate pair. */
const unsafe = /[\0\p{Cs}]/u;

/** BYTES: texts. */
export function fillTexts(out: string[], at: number, row: readonly unknown[]): number {
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (typeof value !== 'string' || unsafe.test(value)) return i;
    out[at + i] = value;
  }
  return -1;
}
