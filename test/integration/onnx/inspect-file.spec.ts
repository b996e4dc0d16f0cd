import { Readable } from 'node:stream';
import type { onnx } from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import type { JsonTensor } from '../../../src/contracts/tensor.js';
import { Graph } from '../../../src/ml/onnx/graph.js';
import type { Inspection } from '../../../src/platform/onnx/inspect-model.js';
import { inspectFile } from '../../../src/platform/onnx/inspect-file.js';
import {
  churnModel,
  elementType,
  encodeModel,
  identityModel,
  list,
  node,
  tensor,
} from '../../factories/foreign-models.js';
import { slowModel } from '../../../bench/predict/slow-model.js';
import { greedyModel, nextModel } from '../../factories/small-models.js';

const inspect = (file: Uint8Array, inspection: Partial<Inspection> = {}, timeoutMs?: number) => {
  const read = () => Readable.from([Buffer.from(file)], { objectMode: false });
  return inspectFile({ size: file.length, read }, { example: null, ...inspection }, timeoutMs);
};
const refusal = (message: string | RegExp) => ({
  code: 'unprocessable',
  message: expect.stringMatching(message) as string,
});
const pairs = (...data: number[]): JsonTensor[] => [
  { name: 'x', shape: [data.length / 2, 2], datatype: 'FP64', data },
];

/** One operator over a table of pairs; what it does to a row may depend on the others. */
function tableModel(op: (graph: Graph, x: string) => string, rows: string | number = 'rows'): Uint8Array {
  const graph = new Graph('table');
  const x = graph.input('x', 'double', [rows, 2]);
  graph.output('y', op(graph, x), 'double', [rows, 2]);
  return graph.toModel();
}

describe('what is found out about a model', () => {
  it('is its signature, its operators, its producer and its labels', async () => {
    expect(await inspect(churnModel())).toEqual({
      signature: {
        inputs: [
          { name: 'charges', datatype: 'FP32', shape: [-1, 1] },
          { name: 'plan', datatype: 'BYTES', shape: [-1, 1] },
        ],
        outputs: [
          { name: 'label', datatype: 'BYTES', shape: [-1] },
          { name: 'probability', datatype: 'FP32', shape: [-1, 2] },
        ],
      },
      max_batch: 1,
      classes: { probability: ['No', 'Yes'] },
      opset: { 'ai.onnx': 18, 'ai.onnx.ml': 1 },
      producer: 'elsewhere 1.2',
    });
  });

  it('leaves out an output that is a list, beside one that is a tensor', async () => {
    const length = tensor('length', elementType.int64, []);
    const lists = (output: onnx.IValueInfoProto[]) =>
      encodeModel({
        graph: {
          name: 'lists',
          node: [
            node('SequenceConstruct', ['x', 'x'], ['list']),
            node('SequenceLength', ['list'], ['length']),
          ],
          input: [tensor('x', elementType.float, ['rows', 2])],
          output,
        },
      });
    const { signature } = await inspect(lists([length, list('list')]));
    expect(signature.outputs.map(({ name }) => name)).toEqual(['length']);
    await expect(inspect(lists([list('list')]))).rejects.toMatchObject(
      refusal('no output of the model is a tensor'),
    );
  });
});

describe('how many rows are run together', () => {
  const softmax = tableModel((graph, x) => graph.op('Softmax', [x], { axis: 0 }));
  const fixed = tableModel((graph, x) => graph.op('Neg', [x]), 3);

  it.each([
    [
      '64 when the example shows that they know nothing of each other',
      nextModel(),
      { example: pairs(1, 2, 3, 4) },
      64,
    ],
    ['1 without an example: nobody has shown it', nextModel(), {}, 1],
    ['what is given, without an example', nextModel(), { max_batch: 7 }, 7],
    ['what is given, when the example agrees', nextModel(), { max_batch: 7, example: pairs(1, 2) }, 7],
    ['1 when it is given', nextModel(), { max_batch: 1, example: pairs(1, 2) }, 1],
    ['1 when a row depends on the others', softmax, { example: pairs(1, 2, 3, 5) }, 1],
    ['1 when the first axis is fixed', fixed, { example: pairs(1, 2, 3, 4, 5, 6) }, 1],
    ['1 when the example has no rows', nextModel(), { example: pairs() }, 1],
  ])('%s', async (_, model, inspection, expected) => {
    expect((await inspect(model, inspection)).max_batch).toBe(expected);
  });

  it('is refused when it is known to be wrong', async () => {
    await expect(inspect(softmax, { max_batch: 8, example: pairs(1, 2, 3, 5) })).rejects.toMatchObject(
      refusal('max_batch can only be 1: rows of output "y" change when others are run with them'),
    );
    await expect(inspect(fixed, { max_batch: 8 })).rejects.toMatchObject(
      refusal('max_batch can only be 1: the first axis of "x" is not free'),
    );
  });

  it('is tried with texts as well', async () => {
    const example: JsonTensor[] = [
      { name: 'plan', shape: [2, 1], datatype: 'BYTES', data: ['monthly', 'yearly'] },
      { name: 'charges', shape: [2, 1], datatype: 'FP32', data: [[20], [100]] },
    ];
    expect((await inspect(churnModel(), { example })).max_batch).toBe(64);
  });
});

describe('an example', () => {
  it.each([
    [
      'has another name',
      [{ name: 'z', shape: [1, 2], datatype: 'FP64', data: [1, 2] }],
      'no input "z"; it takes "x" FP64',
    ],
    [
      'has another type',
      [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }],
      'cannot be FP32 \\[1, 2\\]',
    ],
    [
      'has another shape',
      [{ name: 'x', shape: [2, 1], datatype: 'FP64', data: [1, 2] }],
      'cannot be FP64 \\[2, 1\\]',
    ],
    ['lacks an input', [], 'lacks input "x"'],
    ['has an input twice', [...pairs(1, 2), ...pairs(1, 2)], 'a name comes twice'],
    [
      'has too few numbers',
      [{ name: 'x', shape: [2, 2], datatype: 'FP64', data: [1] }],
      'makes 4 elements, and data has 1',
    ],
    [
      'has a text for a number',
      [{ name: 'x', shape: [1, 2], datatype: 'FP64', data: [1, 'b'] }],
      'data\\[1\\] is "b"',
    ],
  ] satisfies [string, JsonTensor[], string][])('is refused when it %s', async (_, example, why) => {
    await expect(inspect(nextModel(), { example })).rejects.toMatchObject(refusal(new RegExp(why)));
  });

  it('must run', async () => {
    // Two rows in, one row of another width on the way.
    const broken = tableModel((graph, x) =>
      graph.op('Add', [x, graph.op('Reshape', [x, graph.ints([1, -1])])]),
    );
    await expect(inspect(broken, { example: pairs(1, 2, 3, 4, 5, 6) })).rejects.toMatchObject(
      refusal('does not run its example: .*Add'),
    );
  });
});

describe('a model that would harm', () => {
  it('is ended when its example takes ten gigabytes', async () => {
    const example: JsonTensor[] = [{ name: 'x', shape: [1, 1], datatype: 'INT64', data: [2_500_000_000] }];
    await expect(inspect(greedyModel(), { example })).rejects.toMatchObject(
      refusal(/process ended \(SIGKILL\): it took \d+ MiB of 512|does not run its example/),
    );
  });

  it('is ended when it takes too long', async () => {
    const example: JsonTensor[] = [{ name: 'x', shape: [1, 1], datatype: 'INT64', data: [300] }];
    const began = performance.now();
    await expect(inspect(slowModel(), { example }, 1_500)).rejects.toMatchObject(
      refusal('not read, loaded and tried within 1.5 s'),
    );
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('is refused when ONNX Runtime does not know an operator, in its words', async () => {
    const custom = identityModel(
      {
        node: [node('Phone', ['x'], ['z'], {}, 'com.example')],
        output: [tensor('z', elementType.float, ['rows', 2])],
      },
      {
        opsetImport: [
          { domain: '', version: 18 },
          { domain: 'com.example', version: 1 },
        ],
      },
    );
    await expect(inspect(custom)).rejects.toMatchObject(refusal('cannot be loaded: .*Phone'));
  });

  it.each([
    ['is empty', new Uint8Array(), 'is empty'],
    ['is cut off', churnModel().subarray(0, 500), 'is cut off'],
    ['is no protobuf', Buffer.from('hello'), 'no ONNX model'],
    [
      'has values in another file',
      identityModel({
        initializer: [{ name: 'w', dataType: 1, dims: [1], externalData: [{ key: 'location', value: 'w' }] }],
      }),
      'in another file',
    ],
    [
      'claims numbers that it does not have',
      identityModel({
        initializer: [{ name: 'w', dataType: 1, dims: [1_048_576, 1_048_576], floatData: [1] }],
        node: [node('Identity', ['w'], ['z'])],
        output: [tensor('z', elementType.float, null)],
      }),
      'cannot be loaded',
    ],
    ['has a name with a zero', identityModel({ output: [] }, { producerName: 'a\0b' }), 'zero character'],
    [
      'has an endless name',
      identityModel({}, { producerName: 'a'.repeat(1_100_000) }),
      'more than 1048576 characters',
    ],
  ])('is refused when it %s', async (_, file, why) => {
    await expect(inspect(file)).rejects.toMatchObject(refusal(why));
  });
});
