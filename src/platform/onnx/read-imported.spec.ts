import fc from 'fast-check';
import { type onnx } from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import {
  churnModel,
  elementType,
  encodeModel,
  identityModel,
  location,
  node,
  tensor,
} from '../../../test/factories/foreign-models.js';
import { runOnnx } from '../../../test/factories/run-onnx.js';
import { AppError } from '../../contracts/app-error.js';
import { readImported } from './read-imported.js';
import { readSignature } from './read-signature.js';
import { runSession } from './run-session.js';
import { createSession } from './session.js';

/** Why a file is refused; undefined when it is not. Anything but an AppError is a fault of ours. */
function refusal(file: Uint8Array): string | undefined {
  try {
    readImported(file);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unprocessable') throw error;
    return error.message;
  }
}

const elsewhere = { key: 'location', value: '/etc/passwd' };
const external: onnx.ITensorProto = {
  name: 'w',
  dataType: elementType.float,
  dims: [1],
  dataLocation: location.EXTERNAL,
  externalData: [elsewhere],
};
const inside: onnx.ITensorProto = { name: 'w', dataType: elementType.float, dims: [1], floatData: [1] };
const attributeNode = (attribute: onnx.IAttributeProto): onnx.INodeProto => ({
  opType: 'If',
  attribute: [{ name: 'a', ...attribute }],
});
const holding = (initializer: onnx.ITensorProto): onnx.IGraphProto => ({
  name: 'g',
  initializer: [initializer],
});

describe('a model with values in other files is refused, wherever they are named', () => {
  const places: Record<string, (values: onnx.ITensorProto) => Uint8Array> = {
    'an initializer': (values) => identityModel({ initializer: [values] }),
    'the values of a sparse initializer': (values) =>
      identityModel({ sparseInitializer: [{ values, indices: inside }] }),
    'the indices of one': (values) =>
      identityModel({ sparseInitializer: [{ values: inside, indices: values }] }),
    'an attribute': (t) => identityModel({ node: [attributeNode({ t })] }),
    'a list in an attribute': (values) =>
      identityModel({ node: [attributeNode({ tensors: [inside, values] })] }),
    'a sparse attribute': (values) => identityModel({ node: [attributeNode({ sparseTensor: { values } })] }),
    'a list of sparse ones': (values) =>
      identityModel({ node: [attributeNode({ sparseTensors: [{ values }] })] }),
    'a graph in an attribute': (values) => identityModel({ node: [attributeNode({ g: holding(values) })] }),
    'a graph in a graph in a list': (values) =>
      identityModel({
        node: [attributeNode({ graphs: [{ name: 'g', node: [attributeNode({ g: holding(values) })] }] })],
      }),
    'the training': (values) => identityModel({}, { trainingInfo: [{ initialization: holding(values) }] }),
    'its algorithm': (values) => identityModel({}, { trainingInfo: [{ algorithm: holding(values) }] }),
    'a function': (t) => identityModel({}, { functions: [{ name: 'f', node: [attributeNode({ t })] }] }),
  };

  it.each(Object.entries(places))('%s', (_, place) => {
    expect(refusal(place(inside))).toBeUndefined();
    expect(refusal(place(external))).toContain('tensor "w" has its values in another file');
    expect(refusal(place({ ...external, externalData: [] }))).toContain('in another file');
    expect(refusal(place({ ...external, dataLocation: location.DEFAULT }))).toContain('in another file');
  });

  // Some readers take the last of two graphs, ONNX Runtime puts them together.
  it('also in the first of two graphs', () => {
    const bytes = Buffer.concat([identityModel({ initializer: [external] }), identityModel()]);
    expect(refusal(bytes)).toContain('in another file');
  });
});

describe('a file that is no ONNX model', () => {
  const model = churnModel();

  it.each([
    ['is empty', new Uint8Array(), 'is empty'],
    ['is a text', Buffer.from('time,down\n2024-01-01,1\n'), 'no ONNX model'],
    ['is an archive', Buffer.from('PK\x03\x04\x14\x00\x00\x00'), 'no ONNX model'],
    ['is zeros', new Uint8Array(1_024), 'no ONNX model'],
    ['holds no graph', encodeModel({}), 'holds no graph'],
    ['names no operators', identityModel({}, { opsetImport: [] }), 'which operators it uses'],
    [
      'names none that are',
      identityModel({}, { opsetImport: [{ domain: 'x', version: -1 }] }),
      'operators "x"',
    ],
    [
      'is of ONNX Runtime’s own format',
      Buffer.from('\x20\x00\x00\x00ORTM\x00\x00'),
      'format of ONNX Runtime',
    ],
    // A protobuf all the same: the name of its producer begins so.
    ['looks like it', Buffer.from('\x08\x08\x12\x08ORTMORTM\x3a\x00', 'latin1'), 'format of ONNX Runtime'],
  ])('is refused when it %s', (_, file, why) => {
    expect(refusal(file)).toContain(why);
  });

  it('is refused when it claims to be 2 GiB long', () => {
    const claim = Buffer.concat([Uint8Array.of(0x3a, 0x80, 0x80, 0x80, 0x80, 0x08), new Uint8Array(1_018)]);
    expect(claim).toHaveLength(1_024);
    expect(refusal(claim)).toContain('should end at byte 2147483654 has room up to byte 1024');
  });

  it('is refused wherever it was cut off', () => {
    const opsetImport = [{ domain: '', version: 18 }];
    const one = identityModel({ initializer: [inside] }, { opsetImport });
    const whole = one.length;
    for (let length = 0; length < whole; length++) {
      const cut = refusal(one.subarray(0, length));
      expect(cut, `${length} of ${whole}`).toMatch(/is empty|no ONNX model/);
    }
    expect(refusal(one)).toBeUndefined();
  });

  it('is refused when it is nested without end', () => {
    let graph: onnx.IGraphProto = { name: 'innermost' };
    for (let depth = 0; depth < 60; depth++) graph = { name: 'g', node: [attributeNode({ g: graph })] };
    expect(refusal(encodeModel({ graph }))).toContain('nested more than 100');
  });

  it('never makes us fail, whatever its bytes are', () => {
    const changes = fc.array(fc.tuple(fc.nat(model.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, (changed) => {
        const bytes = Uint8Array.from(model);
        for (const [at, byte] of changed) bytes[at] = byte;
        refusal(bytes);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void refusal(bytes)),
      { numRuns: 2_000 },
    );
  });
});

describe('what a model says of itself', () => {
  it('is its operators and its producer', () => {
    const { opset, producer } = readImported(churnModel());
    expect({ opset, producer }).toEqual({
      opset: { 'ai.onnx': 18, 'ai.onnx.ml': 1 },
      producer: 'elsewhere 1.2',
    });
  });

  it('may be nothing at all', () => {
    const { producer, classes } = readImported(identityModel({}, { producerName: '', producerVersion: '' }));
    expect({ producer, classes }).toEqual({ producer: '', classes: {} });
  });
});

describe('a classifier', () => {
  const rows = { charges: [20, 100, 64], plan: ['yearly', 'monthly', 'unknown'] };

  /** What a model answers to three customers, by the names of its outputs. */
  async function answers(file: Uint8Array) {
    const session = await createSession(readImported(file).model);
    const signature = readSignature(session);
    const shape = [3, 1];
    const inputs = [
      { shape, data: Float32Array.from(rows.charges) },
      { shape, data: rows.plan },
    ];
    const outputs = await runSession(session, signature, inputs);
    await session.release();
    return Object.fromEntries(signature.outputs.map(({ name }, i) => [name, outputs[i]!]));
  }

  it.each([
    ['texts', { strings: ['No', 'Yes'] }, ['No', 'Yes']],
    ['numbers, also negative ones', { ints: [-1, 1] }, [-1, 1]],
    ['three texts', { strings: ['a', 'ß', '列'] }, ['a', 'ß', '列']],
  ])(
    'that ends in a list of maps gives the table in its place, with labels that are %s',
    async (_, labels, expected) => {
      const listed = readImported(churnModel({ labels }));
      expect(listed.classes).toEqual({ probability: expected });
      const [fromMaps, fromTable] = [
        await answers(churnModel({ labels })),
        await answers(churnModel({ labels, zipMap: false })),
      ];
      expect(fromMaps).toEqual(fromTable);
      expect(fromMaps.probability?.shape).toEqual([3, expected.length]);
    },
  );

  it('that ends in the table keeps its bytes, and its labels are those of the classifier', () => {
    const file = churnModel({ zipMap: false });
    const { model, classes } = readImported(file);
    expect(model).toBe(file);
    expect(classes).toEqual({ probability: ['No', 'Yes'] });
  });

  it('may have operators of its own domain only', async () => {
    const { model, opset } = readImported(churnModel({ mlOnly: true }));
    expect(opset).toEqual({ 'ai.onnx.ml': 1 });
    const session = await createSession(model);
    expect(readSignature(session).outputs.at(-1)).toEqual({
      name: 'probability',
      datatype: 'FP32',
      shape: [-1, 2],
    });
    await session.release();
  });

  it('keeps a list of maps that something else uses', () => {
    const used = encodeModel({
      graph: {
        name: 'used',
        node: [
          node('ZipMap', ['x'], ['list'], { classlabels_strings: { strings: ['a', 'b'] } }, 'ai.onnx.ml'),
          node('SequenceLength', ['list'], ['length']),
        ],
        input: [tensor('x', elementType.float, ['rows', 2])],
        output: [tensor('length', elementType.int64, []), { name: 'list' }],
      },
    });
    expect(readImported(used).model).toBe(used);
  });
});

it('leaves other models as they are, and they run', async () => {
  const file = identityModel();
  const { model } = readImported(file);
  expect(model).toBe(file);
  expect(await runOnnx(model, { x: { values: Float32Array.of(1, 2), dims: [1, 2] } })).toEqual({ y: [1, 2] });
});
