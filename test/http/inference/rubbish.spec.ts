import fc from 'fast-check';
import { expect, it } from 'vitest';
import { datatypes } from '../../../src/contracts/tensor.js';
import { testApp } from '../../app.js';
import { importedModel } from '../../factories/imported-model.js';
import { onnxModel } from '../../factories/onnx-model.js';
import { parseAnswer } from '../parse-answer.js';
import { InferAnswer } from '../../../src/contracts/inference.js';
import { expectError } from './expect-error.js';

const { app, db, store } = await testApp();
const model = onnxModel({
  inputs: { x: ['FP32', ['n', 2]], words: ['BYTES', ['n']], ids: ['INT64', []] },
  outputs: { y: ['FP32', ['n', 2]], same: ['BYTES', ['n']], id: ['INT64', []] },
  nodes: [
    ['Neg', ['x'], ['y']],
    ['Identity', ['words'], ['same']],
    ['Identity', ['ids'], ['id']],
  ],
});
await importedModel(db, store, 'm', model);
const fastify = app.getHttpAdapter().getInstance();

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(1e39, 2 ** 53, -0, '1', '9'.repeat(30), '\uD800', 'a\0', [[[]]], { length: 1 }),
);
/** Something else in its place, now and then. */
const mostly = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 8, arbitrary }, { weight: 1, arbitrary: odd });

const input = fc.record(
  {
    name: mostly(fc.constantFrom('x', 'words', 'ids', 'X', '__proto__', '')),
    shape: mostly(fc.array(mostly(fc.constantFrom(0, 1, 2, 3, -1, 0.5, 2 ** 40, 2 ** 53)), { maxLength: 3 })),
    datatype: mostly(fc.constantFrom(...datatypes)),
    data: mostly(fc.array(mostly(fc.oneof(fc.float(), fc.string(), fc.boolean(), fc.array(fc.float()))))),
    parameters: odd,
  },
  { requiredKeys: [] },
);
/** Inputs that the model takes, so that what is odd beside them is found. */
const good = fc.nat({ max: 4 }).map((rows) => [
  { name: 'x', shape: [rows, 2], datatype: 'FP32', data: Array.from({ length: 2 * rows }, (_, i) => i) },
  { name: 'words', shape: [rows], datatype: 'BYTES', data: Array.from({ length: rows }, () => 'a') },
  { name: 'ids', shape: [], datatype: 'INT64', data: ['7'] },
]);
const spoiled = fc
  .tuple(good, fc.constantFrom('name', 'shape', 'datatype', 'data'), fc.nat({ max: 2 }), odd)
  .map(([inputs, key, place, value]) => inputs.with(place, { ...inputs[place]!, [key]: value }));
const body = mostly(
  fc.record(
    {
      id: mostly(fc.string()),
      parameters: odd,
      inputs: mostly(fc.oneof(good, spoiled, fc.array(mostly(input), { maxLength: 4 }))),
      outputs: mostly(
        fc.array(mostly(fc.record({ name: mostly(fc.constantFrom('y', 'same', 'id', 'x')) })), {
          maxLength: 3,
        }),
      ),
    },
    { requiredKeys: [] },
  ),
);

async function ask(payload: string, path = '/v2/models/m/versions/1/infer') {
  const {
    statusCode,
    headers,
    body: text,
  } = await fastify.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/json', 'x-request-timeout-ms': '5000' },
    payload,
  });
  return { status: statusCode, headers, text };
}

it('is answered or refused, whatever is sent, and does not end the model', async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(body, async (value) => {
      const answer = await ask(JSON.stringify(value));
      seen.add(answer.status);
      if (answer.status === 200) parseAnswer(InferAnswer, answer);
      else expect(expectError(answer, 400).length).toBeLessThan(5_000);
    }),
    { numRuns: 2_000 },
  );
  expect(seen).toEqual(new Set([200, 400]));
  expect((await ask(JSON.stringify({ inputs: fc.sample(good, 1)[0] }))).status).toBe(200);
});

it('is refused when it is no JSON at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), async (text) => {
      expectError(await ask(text), 400);
    }),
    { numRuns: 500 },
  );
});

it('is refused at any address', async () => {
  const part = fc
    .oneof(fc.string({ unit: 'binary-ascii' }), fc.constantFrom('m', '1', '..', '*', '\0'))
    .map(encodeURIComponent);
  await fc.assert(
    fc.asyncProperty(part, part, async (name, version) => {
      const answer = await ask('{"inputs":[]}', `/v2/models/${name}/versions/${version}/infer`);
      expect([400, 404]).toContain(answer.status);
      expectError(answer, answer.status);
    }),
    { numRuns: 500 },
  );
});
