import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InferAnswer } from '../../../src/contracts/inference.js';
import { type Datatype, datatypes } from '../../../src/contracts/tensor.js';
import { testApp } from '../../app.js';
import { importedModel } from '../../factories/imported-model.js';
import { identityModel } from '../../factories/onnx-model.js';
import { parseAnswer } from '../parse-answer.js';
import { expectError } from './expect-error.js';

const { http, db, store } = await testApp();

const values: Record<Datatype, readonly unknown[]> = {
  BOOL: [true, false, true, true],
  INT8: [-128, 127, 0, -1],
  INT16: [-32_768, 32_767, 0, -1],
  INT32: [-(2 ** 31), 2 ** 31 - 1, 0, -1],
  INT64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0, -1],
  UINT8: [0, 255, 1, 128],
  UINT16: [0, 65_535, 1, 32_768],
  UINT32: [0, 2 ** 32 - 1, 1, 2 ** 31],
  UINT64: [0, Number.MAX_SAFE_INTEGER, 1, 2 ** 32],
  FP16: [0.5, -65_504, 2 ** -24, null],
  FP32: [0.100_000_001_490_116_12, -3.402_823_466_385_288_6e38, 1e-45, null],
  FP64: [0.1, -1.797_693_134_862_315_7e308, 5e-324, null],
  BYTES: ['', 'é 🌍 "\\\n', 'a'.repeat(10_000), 'null'],
};
values.FP32.forEach(
  (value) => value === null || expect(Math.fround(Number(value))).toBeCloseTo(Number(value)),
);

const infer = async (model: string, inputs: object[]) => {
  const answer = await http.post(`/v2/models/${model}/versions/1/infer`).send({ inputs });
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return answer;
};

describe.each(datatypes)('%s', async (datatype) => {
  const model = `identity-${datatype}`;
  await importedModel(db, store, model, identityModel(datatype, ['n', 2]));

  it('comes through the model as it was sent, flat or nested', async () => {
    const [a, b, c, d] = values[datatype];
    const tensor = { name: 'x', datatype, shape: [2, 2] };
    for (const data of [
      [a, b, c, d],
      [
        [a, b],
        [c, d],
      ],
    ]) {
      const { outputs } = parseAnswer(InferAnswer, await infer(model, [{ ...tensor, data }]));
      const expected = [a, b, c, d].map((value) =>
        datatype === 'FP32' && typeof value === 'number' ? Math.fround(value) : value,
      );
      expect(outputs).toEqual([{ name: 'y', datatype, shape: [2, 2], data: expected }]);
    }
  });

  it('comes through without any rows', async () => {
    const answer = await infer(model, [{ name: 'x', datatype, shape: [0, 2], data: [] }]);
    expect(parseAnswer(InferAnswer, answer).outputs).toEqual([
      { name: 'y', datatype, shape: [0, 2], data: [] },
    ]);
  });

  it('is the datatype that an input of another one is told', async () => {
    for (const other of datatypes.filter((name) => name !== datatype)) {
      const inputs = [{ name: 'x', datatype: other, shape: [1, 2], data: [1, 1] }];
      const answer = await http.post(`/v2/models/${model}/versions/1/infer`).send({ inputs });
      expect(expectError(answer, 400)).toBe(`input "x" is ${datatype}, not ${other}`);
    }
  });
});

it('carries 64-bit integers exactly: as texts there, as digits back', async () => {
  const cases: [Datatype, bigint, bigint][] = [
    ['INT64', -(2n ** 63n), 2n ** 63n - 1n],
    ['UINT64', 0n, 2n ** 64n - 1n],
  ];
  for (const [datatype, min, max] of cases) {
    await fc.assert(
      fc.asyncProperty(fc.tuple(fc.bigInt({ min, max }), fc.constantFrom(min, max)), async (integers) => {
        const data = integers.map(String);
        const { text } = await infer(`identity-${datatype}`, [{ name: 'x', datatype, shape: [1, 2], data }]);
        expect(text).toContain(`"data":[${data.join()}]`);
      }),
      { numRuns: 20 },
    );
  }
});

it('carries any float32 so that it reads back to the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 50 }),
      async (half) => {
        const data = [...half, ...half];
        const shape = [half.length, 2];
        const answer = await infer('identity-FP32', [{ name: 'x', datatype: 'FP32', shape, data }]);
        const [output] = parseAnswer(InferAnswer, answer).outputs;
        expect(Float32Array.from(output!.data, Number)).toEqual(
          Float32Array.from(data, (value) => value + 0),
        );
      },
    ),
    { numRuns: 50 },
  );
});
