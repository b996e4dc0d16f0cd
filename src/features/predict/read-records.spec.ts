import { expect, it } from 'vitest';
import type { TensorSpec } from '../../contracts/tensor.js';
import { readRecords } from './read-records.js';

const spec = (name: string, shape = [-1, 1]): TensorSpec => ({ name, datatype: 'FP32', shape });

it.each(['constructor', '__proto__', 'toString', 'prototype'])(
  'reads a column that is called %s, and misses it where it is only inherited',
  (name) => {
    const record: unknown = JSON.parse(`{"${name}": 5}`);
    expect(readRecords([record], [spec(name)])).toEqual([{ shape: [1, 1], data: Float32Array.of(5) }]);
    expect(() => readRecords([{ other: 5 }], [spec(name)])).toThrow(
      `Missing required feature columns: ${name} (in record 0; the model takes ${name})`,
    );
  },
);

it('gives the columns in the order of the signature, each with the shape it has there', () => {
  const records = [
    { b: 1, a: 2 },
    { a: 4, b: 3 },
  ];
  expect(readRecords(records, [spec('a', [-1]), spec('b')])).toEqual([
    { shape: [2], data: Float32Array.of(2, 4) },
    { shape: [2, 1], data: Float32Array.of(1, 3) },
  ]);
});

it('takes an empty cell of a column of floats for NaN', () => {
  for (const datatype of ['FP16', 'FP32', 'FP64'] as const) {
    const [column] = readRecords([{ a: null }], [{ ...spec('a'), datatype }]);
    expect([...column!.data]).toEqual([datatype === 'FP16' ? 0x7e00 : Number.NaN]);
  }
});
