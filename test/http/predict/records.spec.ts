import { beforeAll, describe, expect, it } from 'vitest';
import { PredictAnswer, RecordSchema } from '../../../src/contracts/predict.js';
import { Graph } from '../../../src/ml/onnx/graph.js';
import { testApp } from '../../app.js';
import { echoModel, houseKinds, houseModel } from '../../factories/column-models.js';
import { importedModel, type ImportedModelSettings } from '../../factories/imported-model.js';
import { promoteModel } from '../../factories/promotion.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp();

async function promoted(identifier: string, bytes: Uint8Array, settings: ImportedModelSettings = {}) {
  const version = await importedModel(db, store, identifier, bytes, settings);
  await promoteModel(db, version);
  return version;
}

async function predict(identifier: string, records: unknown) {
  const answer = await http.post('/predict').send({ identifier, records });
  expect(answer.status, answer.text).toBe(200);
  return parseAnswer(PredictAnswer, answer);
}

const schemaOf = async (identifier: string) =>
  parseAnswer(RecordSchema, await http.get('/predict/schema').query({ identifier }));

describe('an imported model of columns', () => {
  const identifier = 'houses';
  beforeAll(() => promoted(identifier, houseModel(), { classes: { kind: houseKinds } }));

  it('has a prediction for each record, in their order: a scalar, and a probability for each class', async () => {
    const { predictions } = await predict(identifier, [
      { area: 50, rooms: 0 },
      { rooms: 3, area: 70.5 },
    ]);
    expect(predictions).toHaveLength(2);
    const [first, second] = predictions;
    expect(first).toEqual({
      price: 100,
      kind: { flat: expect.closeTo(1 / 3), house: expect.closeTo(1 / 3), villa: expect.closeTo(1 / 3) },
    });
    const weights = [1, Math.exp(3), Math.exp(6)];
    const total = weights.reduce((sum, weight) => sum + weight);
    expect(second).toEqual({
      price: 171,
      kind: Object.fromEntries(houseKinds.map((kind, i) => [kind, expect.closeTo(weights[i]! / total, 5)])),
    });
  });

  it('says who answered, as a forecast does', async () => {
    const answer = await http
      .post('/predict')
      .send({ identifier, config_hash: undefined, records: [{ area: 1, rooms: 1 }] });
    const { version } = await db.modelVersion.findFirstOrThrow({ where: { name: identifier } });
    const row = await db.modelVersion.findUniqueOrThrow({
      where: { name_version: { name: identifier, version } },
    });
    expect(parseAnswer(PredictAnswer, answer)).toMatchObject({
      status: 'SUCCESS',
      identifier,
      run_id: row.run_id,
      model_type: 'ONNX',
      model_version: 1,
      config_hash: row.config_hash,
      req_id: answer.headers['x-request-id'],
    });
  });

  it('leaves columns alone that the model does not take', async () => {
    const record = { area: 1, rooms: 1, price: 'unknown', constructor: 5, nested: { deep: [1] } };
    expect((await predict(identifier, [record])).predictions[0]?.price).toBe(12);
  });

  it('takes ten thousand records at once, and answers each with its own', async () => {
    const records = Array.from({ length: 10_000 }, (_, i) => ({ area: i, rooms: i % 7 }));
    const { predictions } = await predict(identifier, records);
    expect(predictions.map(({ price }) => price)).toEqual(
      records.map(({ area, rooms }) => 2 * area + 10 * rooms),
    );
  });

  it('answers many callers at once, each with what was asked', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        predict(
          identifier,
          Array.from({ length: 1 + (i % 5) }, () => ({ area: i, rooms: 1 })),
        ),
      ),
    );
    answers.forEach(({ predictions }, i) => {
      expect(predictions.map(({ price }) => price)).toEqual(Array(1 + (i % 5)).fill(2 * i + 10));
    });
  });

  it('takes an empty cell of a column of floats as NaN, and shows what is no number as null', async () => {
    const { predictions } = await predict(identifier, [{ area: null, rooms: 1 }]);
    expect(predictions[0]?.price).toBeNull();
  });
});

describe('every datatype', () => {
  const values = {
    flag: { type: 'BOOL', cells: [true, false] },
    i8: { type: 'INT8', cells: [-128, 127] },
    i16: { type: 'INT16', cells: [-32_768, 32_767] },
    i32: { type: 'INT32', cells: [-2_147_483_648, 2_147_483_647] },
    i64: { type: 'INT64', cells: [-9_007_199_254_740_991, '9223372036854775807'] },
    u8: { type: 'UINT8', cells: [0, 255] },
    u16: { type: 'UINT16', cells: [0, 65_535] },
    u32: { type: 'UINT32', cells: [0, 4_294_967_295] },
    u64: { type: 'UINT64', cells: [0, '18446744073709551615'] },
    half: { type: 'FP16', cells: [-0.5, 65_504] },
    single: { type: 'FP32', cells: [0.25, -3.4028234663852886e38] },
    double: { type: 'FP64', cells: [0.1, 1.7976931348623157e308] },
    text: { type: 'BYTES', cells: ['', 'Barcelona, ñ 🙂'] },
    constructor: { type: 'FP32', cells: [1, 2] },
    prototype: { type: 'FP32', cells: [3, 4] },
  } as const;
  const columns = Object.fromEntries(Object.entries(values).map(([name, { type }]) => [name, type]));
  const rows = [0, 1].map((row) =>
    Object.fromEntries(Object.entries(values).map(([name, { cells }]) => [name, cells[row]])),
  );
  const asOutputs = rows.map((record) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [`${name}_out`, value])),
  );

  it.each([
    ['columns of shape [-1, 1]', ['batch', 1]],
    ['columns of shape [-1]', ['batch']],
  ])('goes in and comes out as it is in JSON, for %s', async (what, shape) => {
    const identifier = `types-${shape.length}`;
    await promoted(identifier, echoModel(columns, shape));
    expect((await predict(identifier, rows)).predictions, what).toEqual(asOutputs);
  });

  it('is in the schema, with an example that works when it is sent back', async () => {
    const identifier = 'types-shown';
    const version = await promoted(identifier, echoModel(columns));
    const schema = await schemaOf(identifier);
    expect(schema).toMatchObject({
      identifier,
      run_id: version.run_id,
      model_type: 'ONNX',
      model_version: 1,
      classes: {},
    });
    const kinds = 'BOOL INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 FP16 FP32 FP64 BYTES FP32 FP32';
    expect(schema.columns.map(({ datatype }) => datatype).join(' ')).toBe(kinds);
    expect(schema.columns.map(({ name }) => name)).toEqual(Object.keys(values));
    expect(schema.outputs[0]).toEqual({ name: 'flag_out', datatype: 'BOOL', shape: [-1, 1] });
    expect(schema.example.records).toHaveLength(1);
    expect((await http.post('/predict').send(schema.example)).status).toBe(200);
  });
});

describe('the example in the schema', () => {
  const tensor = (name: string, datatype: 'FP32' | 'INT64', data: unknown[]) => ({
    name,
    datatype,
    shape: [data.length, 1],
    data,
  });

  it("is the first records of the manifest's, flat or nested", async () => {
    const identifier = 'with-example';
    const example = [
      tensor('rooms', 'INT64', [1, '2', 3, 4]),
      tensor('area', 'FP32', [[10], [20], [30], [40]]),
    ];
    await promoted(identifier, houseModel(), { example, classes: { kind: houseKinds } });
    const shown = await schemaOf(identifier);
    expect(shown.classes).toEqual({ kind: houseKinds });
    expect(shown.example).toEqual({
      identifier,
      records: [
        { area: 10, rooms: 1 },
        { area: 20, rooms: '2' },
        { area: 30, rooms: 3 },
      ],
    });
    const { predictions } = parseAnswer(PredictAnswer, await http.post('/predict').send(shown.example));
    expect(predictions.map(({ price }) => price)).toEqual([30, 60, 90]);
  });

  it.each([
    ['holds what no record can', [tensor('area', 'FP32', ['NaN']), tensor('rooms', 'INT64', [1])]],
    ['lacks a column', [tensor('area', 'FP32', [1])]],
    ['is empty', []],
  ])('is made of zeros when the manifest’s %s', async (what, example) => {
    const identifier = `example-${what.replaceAll(' ', '-')}`;
    await promoted(identifier, houseModel(), { example });
    const shown = await schemaOf(identifier);
    expect(shown.example.records).toEqual([{ area: 0, rooms: 0 }]);
    expect((await http.post('/predict').send(shown.example)).status).toBe(200);
  });
});

describe('outputs', () => {
  /** A model of one column `x` whose outputs are made by `write`. */
  function modelOf(write: (graph: Graph, x: string) => void): Uint8Array {
    const graph = new Graph('outputs');
    write(graph, graph.input('x', 'float', ['batch', 1]));
    return graph.toModel();
  }

  it('of several elements a row are arrays, nested as their shape is', async () => {
    const bytes = modelOf((graph, x) => {
      const wide = graph.op('Mul', [x, graph.floats(Float32Array.of(1, 2, 3, 4, 5, 6), [1, 6])]);
      graph.output('flat', wide, 'float', ['batch', 6]);
      const deep = graph.op('Reshape', [wide, graph.ints([-1, 2, 3])]);
      graph.output('deep', deep, 'float', ['batch', 2, 3]);
    });
    await promoted('nested', bytes);
    expect((await predict('nested', [{ x: 1 }, { x: 10 }])).predictions).toEqual([
      {
        flat: [1, 2, 3, 4, 5, 6],
        deep: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      },
      {
        flat: [10, 20, 30, 40, 50, 60],
        deep: [
          [10, 20, 30],
          [40, 50, 60],
        ],
      },
    ]);
  });

  it('are arrays too where the labels do not fit them', async () => {
    const bytes = modelOf((graph, x) => {
      const pair = graph.op('Mul', [x, graph.floats(Float32Array.of(1, 2), [1, 2])]);
      graph.output('short', pair, 'float', ['batch', 2]);
      graph.output('twice', graph.op('Neg', [pair]), 'float', ['batch', 2]);
      graph.output('numbers', graph.op('Abs', [pair]), 'float', ['batch', 2]);
    });
    const classes = { short: ['a'], twice: ['a', 'a'], numbers: [0, 1] };
    await promoted('labels', bytes, { classes });
    expect((await predict('labels', [{ x: 1 }])).predictions).toEqual([
      { short: [1, 2], twice: [-1, -2], numbers: { 0: 1, 1: 2 } },
    ]);
  });

  it('that are not a row for each record are refused, saying where to ask instead', async () => {
    const bytes = modelOf((graph, x) => {
      graph.output('mean', graph.op('ReduceMean', [x], { keepdims: 1 }), 'float', [1, 1]);
    });
    await promoted('means', bytes);
    expect((await predict('means', [{ x: 3 }])).predictions).toEqual([{ mean: 3 }]);
    const answer = await http.post('/predict').send({ identifier: 'means', records: [{ x: 1 }, { x: 2 }] });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('output \\"mean\\" has shape [1, 1] for 2 records');
    expect(answer.text).toContain('/v2/models/means/infer');
  });
});
