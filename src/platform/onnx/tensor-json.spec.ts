import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../contracts/app-error.js';
import { type Datatype, datatypes } from '../../contracts/tensor.js';
import { fromHalfBits } from './half-float.js';
import { readTensor } from './read-tensor.js';
import { elementTypes, type TensorData } from './tensor-data.js';
import { writeTensor } from './write-tensor.js';

const float32 = fc.float({ noDefaultInfinity: true }).map((value) => (Number.isNaN(value) ? null : value));
const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
const whole = (min: number, max: number) => fc.integer({ min, max });
const safe = fc.maxSafeInteger();

/** What callers may send as an element. */
const good: Record<Datatype, fc.Arbitrary<unknown>> = {
  BOOL: fc.boolean(),
  INT8: whole(-128, 127),
  INT16: whole(-32_768, 32_767),
  INT32: whole(-(2 ** 31), 2 ** 31 - 1),
  INT64: fc.oneof(safe, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  UINT8: whole(0, 255),
  UINT16: whole(0, 65_535),
  UINT32: whole(0, 2 ** 32 - 1),
  UINT64: fc.oneof(safe.map(Math.abs), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)),
  FP16: fc.oneof(fc.constant(null), whole(0, 0x7b_ff).map(fromHalfBits)),
  FP32: float32,
  FP64: fc.double({ noDefaultInfinity: true }).map((value) => (Number.isNaN(value) ? null : value)),
  BYTES: text,
};

/** What they may not, besides what is wrong for every datatype. */
const bad: Record<Datatype, readonly unknown[]> = {
  BOOL: [2, -1, 'true', null],
  INT8: [128, -129, 0.5, 1e300, '1', true, null],
  INT16: [32_768, -32_769, 0.5, '1', true, null],
  INT32: [2 ** 31, -(2 ** 31) - 1, 0.5, 2 ** 32 + 1, '1', true, null],
  INT64: [
    2 ** 53,
    -(2 ** 53),
    0.5,
    '9223372036854775808',
    '-9223372036854775809',
    '',
    '1.0',
    '0x1',
    ' 1',
    null,
  ],
  UINT8: [256, -1, 0.5, '1', true, null],
  UINT16: [65_536, -1, 0.5, '1', true, null],
  UINT32: [2 ** 32, -1, 0.5, '1', true, null],
  UINT64: [2 ** 53, -1, 0.5, '-1', '18446744073709551616', '9'.repeat(1_000_000), null],
  FP16: [65_520, -65_520, 1e300, '1', true],
  FP32: [3.5e38, -1e300, '1', true],
  FP64: ['1', true],
  BYTES: [1, true, null, 'a\0b', '\uD83D'],
};
const badEverywhere: readonly unknown[] = [
  Infinity,
  Number.NaN,
  undefined,
  [1],
  {},
  { valueOf: 1, toString: 1 },
];

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

function nested(values: readonly unknown[], [size, ...rest]: readonly number[]): unknown[] {
  if (size === undefined || rest.length === 0) return [...values];
  const each = product(rest);
  return Array.from({ length: size }, (_, i) => nested(values.slice(i * each, (i + 1) * each), rest));
}

function tensorsOf(datatype: Datatype) {
  return shape.chain((sizes) => {
    const length = product(sizes);
    return fc.record({
      sizes: fc.constant(sizes),
      values: fc.array(good[datatype], { minLength: length, maxLength: length }),
    });
  });
}

/** What a client reads that takes integers as they stand, as Python does. */
function parse(json: string): { name: string; shape: number[]; datatype: Datatype; data: unknown[] } {
  const [, head, data] = /^(.*"data":)(.*)}$/s.exec(json)!;
  const isLong = /"U?INT64"/.test(head!);
  return JSON.parse(`${head}${isLong ? data!.replaceAll(/-?\d+/g, '"$&"') : data}}`);
}

const refusal = (datatype: Datatype, sizes: readonly number[], data: readonly unknown[]): string => {
  try {
    readTensor(datatype, sizes, data, 'input "x"');
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_request', where: 'input "x"' });
    if (error instanceof AppError) return error.message;
  }
  return expect.fail('it was not refused');
};

describe.each(datatypes)('%s', (datatype) => {
  it('is the same again when it was written and read back, flat or nested', () => {
    fc.assert(
      fc.property(tensorsOf(datatype), ({ sizes, values }) => {
        const tensor = readTensor(datatype, sizes, values, 'input "x"');
        expect(tensor.data).toHaveLength(values.length);
        expect(tensor.data.constructor).toBe(elementTypes[datatype].make(0).constructor);
        const { name, ...written } = parse(writeTensor({ name: '"x"\n', datatype }, tensor));
        expect(name).toBe('"x"\n');
        expect(written).toMatchObject({ shape: sizes, datatype });
        const plain = (value: unknown) => (Object.is(value, -0) ? 0 : value);
        if (datatype.endsWith('64') && datatype !== 'FP64') {
          expect(written.data).toEqual(values.map((value) => String(BigInt(String(value)))));
        } else expect(written.data).toEqual(values.map(plain));
        const again = readTensor(datatype, written.shape, written.data, 'input "x"');
        expect(numbers(again)).toEqual(numbers(tensor));
        expect(readTensor(datatype, sizes, nested(values, sizes), 'input "x"')).toEqual(tensor);
      }),
    );
  });

  it('names the one element that is wrong, flat or nested', () => {
    fc.assert(
      fc.property(
        tensorsOf(datatype).filter(({ values }) => values.length > 0),
        fc.nat(),
        fc.constantFrom(...bad[datatype], ...badEverywhere),
        ({ sizes, values }, seed, wrong) => {
          const place = seed % values.length;
          const spoiled = values.with(place, wrong);
          // A list in front would make the data nested.
          if (!(Array.isArray(wrong) && place === 0 && sizes.length > 1)) {
            expect(refusal(datatype, sizes, spoiled)).toMatch(`input "x": data[${place}] is `);
          }
          const path = sizes.map((size, axis) => Math.floor(place / product(sizes.slice(axis + 1))) % size);
          const named = path.length === 0 ? '[0]' : path.map((index) => `[${index}]`).join('');
          expect(refusal(datatype, sizes, nested(spoiled, sizes))).toMatch(`input "x": data${named} is `);
        },
      ),
    );
  });
});

/** FP32 and FP16 may come back with -0 as 0. */
function numbers({ data }: TensorData): unknown[] {
  return Array.from<unknown>(data).map((value) => (value === 0 || Object.is(value, 0x80_00) ? 0 : value));
}

it('says how a long integer comes exactly', () => {
  expect(refusal('INT64', [1], [2 ** 53 + 2])).toBe(
    'input "x": data[0] is 9007199254740994; an element of INT64 is a whole number from -2^63 to 2^63 - 1; ' +
      'beyond 2^53, where JSON numbers are not exact, it comes as a text of digits',
  );
});

it('repeats little of what was wrong', () => {
  expect(refusal('FP64', [1], ['x'.repeat(1_000_000)]).length).toBeLessThan(200);
  const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  expect(refusal('FP64', [1], [deep])).toContain('data[0] is a list');
});

it('writes what JSON has no number for as null', () => {
  const data = Float64Array.of(Number.NaN, Infinity, -Infinity, 0.1);
  expect(writeTensor({ name: 'y', datatype: 'FP64' }, { shape: [2, 2], data })).toBe(
    '{"name":"y","shape":[2,2],"datatype":"FP64","data":[null,null,null,0.1]}',
  );
});

it('writes flags that a model gives as bytes', () => {
  const data = Uint8Array.of(0, 1, 1);
  expect(writeTensor({ name: 'y', datatype: 'BOOL' }, { shape: [3], data })).toContain('[false,true,true]');
});

describe('a shape', () => {
  it.each<[number[], unknown[], string]>([
    [[2, 3], [1, 2, 3, 4, 5], 'shape [2,3] makes 6 elements, and data has 5'],
    [[2, 3], [], 'shape [2,3] makes 6 elements, and data has 0'],
    [[], [], 'shape [] makes 1 elements, and data has 0'],
    [[0, 2], [1], 'shape [0,2] makes 0 elements, and data has 1'],
    [[2, 2], [[1, 2], [3]], 'data[1] has 1 elements, where shape [2,2] has a list of 2'],
    [[2, 2], [[1, 2]], 'data has 1 elements, where shape [2,2] has a list of 2'],
    [[2, 2], [[1, 2], 3], 'data[1] is 3, where shape [2,2] has a list of 2'],
    [[1, 2, 1], [[[1], 2]], 'data[0][1] is 2, where shape [1,2,1] has a list of 1'],
    [[1e9, 1e9], [1], 'shape [1000000000,1000000000] makes 1000000000000000000 elements, and data has 1'],
    [[1e9, 1], [[1]], 'data has 1 elements, where shape [1000000000,1] has a list of 1000000000'],
    [Array.from({ length: 32 }, () => 9e15), [1], 'makes Infinity elements, and data has 1'],
    [[-1], [], 'whole numbers'],
    [[-1, -1], [1], 'whole numbers'],
    [[1.5], [1], 'whole numbers'],
    [[2 ** 53], [1], 'whole numbers'],
    [Array.from({ length: 33 }, () => 1), [1], 'at most 32'],
  ])('%j with data %j is refused', (sizes, data, message) => {
    expect(refusal('FP32', sizes, data)).toContain(message);
  });

  it('of many dimensions that has no elements has none', () => {
    const { data } = readTensor('FP32', [...Array.from({ length: 31 }, () => 2 ** 52), 0], [], 'x');
    expect(data).toHaveLength(0);
  });
});
