import { describe, expect, it } from 'vitest';
import { testApp } from '../../app.js';
import { importedModel } from '../../factories/imported-model.js';
import { onnxModel } from '../../factories/onnx-model.js';
import { expectError } from './expect-error.js';

const { http, db, store } = await testApp();
const model = onnxModel({
  inputs: { x: ['FP32', ['n', 2]], flags: ['BOOL', ['n']] },
  outputs: { y: ['FP32', ['n', 2]], f: ['BOOL', ['n']] },
  nodes: [
    ['Identity', ['x'], ['y']],
    ['Not', ['flags'], ['f']],
  ],
});
await importedModel(db, store, 'm', model);

const x = { name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] as unknown };
const flags = { name: 'flags', shape: [2], datatype: 'BOOL', data: [true, false] };
const post = (body: unknown, path = '/v2/models/m/versions/1/infer') =>
  http
    .post(path)
    .set('content-type', 'application/json')
    .send(body as object);

it('answers the request that the ones below differ from by one thing each', async () => {
  expect((await post({ inputs: [x, flags] })).status).toBe(200);
});

describe('says what is wrong', () => {
  it.each<[string, object, string]>([
    ['an input that is missing', { inputs: [x] }, 'input "flags" is missing; its inputs are "x", "flags"'],
    ['all of them missing', { inputs: [] }, 'input "x" is missing'],
    [
      'an input that there is not',
      { inputs: [x, flags, { ...x, name: 'z' }] },
      'the model has no input "z"; its inputs are "x", "flags"',
    ],
    ['an input named like a method', { inputs: [{ ...x, name: 'toString' }] }, 'no input "toString"'],
    ['an input twice', { inputs: [x, flags, x] }, 'input "x" stands there twice'],
    [
      'another datatype, though it could be converted',
      { inputs: [{ ...x, datatype: 'INT8' }, flags] },
      '"x" is FP32, not INT8',
    ],
    [
      'another rank',
      { inputs: [{ ...x, shape: [4] }, flags] },
      'input "x" has shape [-1,2], where -1 is any size, not [4]',
    ],
    ['another fixed dimension', { inputs: [{ ...x, shape: [1, 4] }, flags] }, 'not [1,4]'],
    [
      'too few elements',
      { inputs: [{ ...x, data: [1, 2, 3] }, flags] },
      'shape [2,2] makes 4 elements, and data has 3',
    ],
    ['a shape that lies', { inputs: [{ ...x, shape: [2 ** 40, 2] }, flags] }, 'makes 2199023255552 elements'],
    ['a wrong element', { inputs: [{ ...x, data: [1, 'two', 3, 4] }, flags] }, 'input "x": data[1] is "two"'],
    ['a number beyond float32', { inputs: [{ ...x, data: [1, 2, 3, 1e39] }, flags] }, 'data[3] is 1e+39'],
    [
      'a nested wrong element',
      {
        inputs: [
          {
            ...x,
            data: [
              [1, 2],
              [3, []],
            ],
          },
          flags,
        ],
      },
      'data[1][1] is a list',
    ],
    [
      'a flag that is none',
      { inputs: [x, { ...flags, data: [true, 2] }] },
      'input "flags": data[1] is 2; an element of BOOL is true or false',
    ],
    [
      'an output that there is not',
      { inputs: [x, flags], outputs: [{ name: 'z' }] },
      'no output "z"; its outputs are "y", "f"',
    ],
    [
      'an output twice',
      { inputs: [x, flags], outputs: [{ name: 'y' }, { name: 'y' }] },
      'output "y" is asked for twice',
    ],
    ['no inputs', {}, 'inputs: '],
    ['inputs that are no list', { inputs: { x } }, 'inputs: '],
    ['an input without a name', { inputs: [{ ...x, name: undefined }] }, 'inputs.0.name: '],
    ['a datatype that there is not', { inputs: [{ ...x, datatype: 'FLOAT' }] }, 'inputs.0.datatype: '],
    ['a negative size', { inputs: [{ ...x, shape: [-1, 2] }] }, 'inputs.0.shape.0: '],
    ['a size that is no integer', { inputs: [{ ...x, shape: [1.5, 2] }] }, 'inputs.0.shape.0: '],
    ['data that is no list', { inputs: [{ ...x, data: 5 }] }, 'inputs.0.data: must be a list'],
    [
      'data that looks like a list',
      { inputs: [{ ...x, data: { length: 4 } }] },
      'inputs.0.data: must be a list',
    ],
    ['an id that is no text', { id: 7, inputs: [x, flags] }, 'id: '],
    ['an id without end', { id: 'x'.repeat(1_001), inputs: [x, flags] }, 'id: '],
    ['outputs that are texts', { inputs: [x, flags], outputs: ['y'] }, 'outputs.0: '],
    [
      'a million wrong inputs',
      { inputs: Array.from({ length: 1_000_000 }, () => 0) },
      'must have at most 1000 elements',
    ],
    [
      'a million dimensions',
      { inputs: [{ ...x, shape: Array.from({ length: 1_000_000 }, () => '') }] },
      'must have at most 32 elements',
    ],
  ])('%s', async (_what, body, message) => {
    const error = expectError(await post(body), 400);
    expect(error).toContain(message);
    expect(error.length).toBeLessThan(300);
  });

  it('rows that do not agree: then it is the model that says so', async () => {
    const bytes = onnxModel({
      inputs: { a: ['FP32', ['n']], b: ['FP32', ['n']] },
      outputs: { y: ['FP32', ['n']] },
      nodes: [['Add', ['a', 'b'], ['y']]],
    });
    await importedModel(db, store, 'adding', bytes);
    const inputs = [
      { name: 'a', shape: [2], datatype: 'FP32', data: [1, 2] },
      { name: 'b', shape: [3], datatype: 'FP32', data: [1, 2, 3] },
    ];
    const error = expectError(await post({ inputs }, '/v2/models/adding/versions/1/infer'), 400);
    expect(error).toContain('the model does not run these inputs');
  });

  it.each(['0', '-1', 'soon', '600001'])('X-Request-Timeout-Ms: %s', async (timeout) => {
    const answer = await post({ inputs: [x, flags] }).set('x-request-timeout-ms', timeout);
    expect(expectError(answer, 400)).toContain('must be whole milliseconds');
  });
});

describe('a model that takes long, or too much', async () => {
  /** As many zeros as it is told; and what they sum up to, which is a small answer. */
  const zeros = onnxModel({
    inputs: { shape: ['INT64', [1]] },
    outputs: { zeros: ['FP32', ['n']], total: ['FP32', []] },
    nodes: [
      ['ConstantOfShape', ['shape'], ['zeros']],
      ['ReduceSum', ['zeros'], ['total'], { keepdims: 0 }],
    ],
  });
  const total = onnxModel({
    inputs: { shape: ['INT64', [1]] },
    outputs: { total: ['FP32', []] },
    nodes: [
      ['ConstantOfShape', ['shape'], ['zeros']],
      ['ReduceSum', ['zeros'], ['total'], { keepdims: 0 }],
    ],
  });
  await importedModel(db, store, 'zeros', zeros);
  await importedModel(db, store, 'total', total);
  const ask = (name: string, count: number) =>
    post(
      { inputs: [{ name: 'shape', shape: [1], datatype: 'INT64', data: [count] }] },
      `/v2/models/${name}/versions/1/infer`,
    );

  it('is given up at the deadline', async () => {
    expect((await ask('total', 1)).status).toBe(200);
    const late = await ask('total', 60_000_000).set('x-request-timeout-ms', '1');
    expect(expectError(late, 504)).toContain('no answer within');
    await expect.poll(async () => (await ask('total', 1)).status, { timeout: 20_000 }).toBe(200);
  });

  it('ends its process, and the next request starts another', async () => {
    expect(expectError(await ask('total', 400_000_000), 422)).toContain("the model's process ended");
    expect((await ask('total', 1)).status).toBe(200);
  });

  it('has an answer that is too large to be sent, unless only a small output is asked for', async () => {
    const inputs = [{ name: 'shape', shape: [1], datatype: 'INT64', data: [9_000_000] }];
    const path = '/v2/models/zeros/versions/1/infer';
    expect(expectError(await post({ inputs }, path), 422)).toContain('the answer has 9000001 elements');
    const small = await post({ inputs, outputs: [{ name: 'total' }] }, path);
    expect(small.body).toMatchObject({ outputs: [{ name: 'total', shape: [], data: [0] }] });
  });

  it('is refused at once when its model cannot be loaded', async () => {
    const { model_sha256 } = await importedModel(
      db,
      store,
      'damaged',
      onnxModel({
        inputs: { x: ['FP64', ['n']] },
        outputs: { y: ['FP64', ['n']] },
        nodes: [['Neg', ['x'], ['y']]],
      }),
    );
    const { bucket, key } = await db.artifact.findUniqueOrThrow({ where: { sha256: model_sha256 } });
    await store.put(bucket, key, Buffer.from('not a model'));
    const path = '/v2/models/damaged/versions/1';
    expect(expectError(await http.get(`${path}/ready`), 503)).toContain(
      'version 1 of damaged cannot be loaded',
    );
    expect(expectError(await http.get(path), 503)).toContain('cannot be loaded');
    expect(expectError(await post({ inputs: [] }, `${path}/infer`), 503)).toContain('cannot be loaded');
  });
});
