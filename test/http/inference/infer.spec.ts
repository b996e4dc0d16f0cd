import { describe, expect, it } from 'vitest';
import { InferAnswer } from '../../../src/contracts/inference.js';
import { testApp } from '../../app.js';
import { importedModel } from '../../factories/imported-model.js';
import { identityModel, onnxModel } from '../../factories/onnx-model.js';
import { promoteModel } from '../../factories/promotion.js';
import { hour, servedModel } from '../../factories/served-model.js';
import { parseAnswer } from '../parse-answer.js';
import { expectError } from './expect-error.js';

const { http, db, store, app } = await testApp();

const fp32 = (name: string, shape: number[], data: unknown[]) => ({ name, shape, datatype: 'FP32', data });
const infer = async (model: string, body: object) => {
  const answer = await http.post(`/v2/models/${model}/infer`).send(body);
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return parseAnswer(InferAnswer, answer);
};

/** sum = a + b, product = a * b, row by row. */
const arithmetic = onnxModel({
  inputs: { a: ['FP32', ['n', 2]], b: ['FP32', ['n', 2]] },
  outputs: { sum: ['FP32', ['n', 2]], product: ['FP32', ['n', 2]] },
  nodes: [
    ['Add', ['a', 'b'], ['sum']],
    ['Mul', ['a', 'b'], ['product']],
  ],
});
await promoteModel(db, await importedModel(db, store, 'arithmetic', arithmetic));

describe('a model of several inputs and outputs', () => {
  const a = fp32('a', [2, 2], [1, 2, 3, 4]);
  const b = fp32('b', [2, 2], [10, 20, 30, 40]);
  const sum = fp32('sum', [2, 2], [11, 22, 33, 44]);
  const product = fp32('product', [2, 2], [10, 40, 90, 160]);

  it('takes them by name in any order, and gives all', async () => {
    for (const inputs of [
      [a, b],
      [b, a],
    ]) {
      expect(await infer('arithmetic', { id: 'mine', inputs })).toEqual({
        model_name: 'arithmetic',
        model_version: '1',
        id: 'mine',
        outputs: [sum, product],
      });
    }
  });

  it.each([
    [['product'], [product]],
    [
      ['product', 'sum'],
      [product, sum],
    ],
    [[], [sum, product]],
  ])('gives the outputs %j when it is asked for them', async (names, expected) => {
    const outputs = names.map((name) => ({ name, parameters: { binary_data: false } }));
    expect((await infer('arithmetic', { inputs: [a, b], outputs })).outputs).toEqual(expected);
  });

  it('accepts parameters, absent values and fields of other servers', async () => {
    const answer = await infer('arithmetic', {
      id: null,
      model_name: 'arithmetic',
      parameters: { content_type: 'np' },
      inputs: [{ ...a, parameters: { content_type: 'np' } }, b],
      outputs: null,
    });
    expect(answer.outputs).toEqual([sum, product]);
  });

  it('gives an answer the id of its request when it brought none', async () => {
    const { body, headers } = await http.post('/v2/models/arithmetic/infer').send({ inputs: [a, b] });
    expect(body).toMatchObject({ id: headers['x-request-id'] });
    const chosen = await http
      .post('/v2/models/arithmetic/infer')
      .set('x-request-id', 'trace-7')
      .send({ inputs: [a, b] });
    expect(chosen.body).toMatchObject({ id: 'trace-7' });
  });
});

it('answers many at once, each with its own rows', async () => {
  const fastify = app.getHttpAdapter().getInstance();
  const answers = await Promise.all(
    Array.from({ length: 300 }, async (_, i) => {
      const rows = i % 5;
      const data = Array.from({ length: 2 * rows }, (_, place) => 1_000 * i + place);
      const inputs = [fp32('a', [rows, 2], data), fp32('b', [rows, 2], data)];
      const url = '/v2/models/arithmetic/infer';
      const { body } = await fastify.inject({ method: 'POST', url, payload: { inputs } });
      return { text: body, data };
    }),
  );
  for (const { text, data } of answers) {
    const [sum] = parseAnswer(InferAnswer, { text }).outputs;
    expect(sum).toEqual(
      fp32(
        'sum',
        [data.length / 2, 2],
        data.map((value) => 2 * value),
      ),
    );
  }
  const { text } = await http.get('/metrics');
  const batches = Number(/model_batch_rows_count\{[^}]*model="arithmetic"[^}]*\} (\d+)/.exec(text)?.[1]);
  expect(batches).toBeLessThan(200);
});

describe('runs alone what cannot be cut out of a common answer', () => {
  const askAtOnce = async (model: string, requests: object[][]) => {
    const fastify = app.getHttpAdapter().getInstance();
    const answers = await Promise.all(
      requests.map((inputs) =>
        fastify.inject({ method: 'POST', url: `/v2/models/${model}/versions/1/infer`, payload: { inputs } }),
      ),
    );
    return answers.map(({ body }) => parseAnswer(InferAnswer, { text: body }).outputs);
  };

  it('a sum over the rows', async () => {
    const bytes = onnxModel({
      inputs: { x: ['FP32', ['n']] },
      outputs: { total: ['FP32', []] },
      nodes: [['ReduceSum', ['x'], ['total'], { keepdims: 0 }]],
    });
    await importedModel(db, store, 'total', bytes);
    const numbers = Array.from({ length: 50 }, (_, i) => [i, i, i]);
    const answers = await askAtOnce(
      'total',
      numbers.map((row) => [fp32('x', [3], row)]),
    );
    expect(answers).toEqual(numbers.map(([i]) => [fp32('total', [], [3 * i!])]));
  });

  it('a scalar', async () => {
    await importedModel(db, store, 'scalar', identityModel('FP32', []));
    const answers = await askAtOnce(
      'scalar',
      Array.from({ length: 50 }, (_, i) => [fp32('x', [], [i])]),
    );
    expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => [fp32('y', [], [i])]));
  });

  it('a first axis that is fixed', async () => {
    await importedModel(db, store, 'fixed', identityModel('FP32', [2]));
    const answers = await askAtOnce(
      'fixed',
      Array.from({ length: 50 }, (_, i) => [fp32('x', [2], [i, -i])]),
    );
    expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => [fp32('y', [2], [i, 0 - i])]));
  });

  it('inputs of different numbers of rows, which would add up to a request of its own', async () => {
    await importedModel(db, store, 'broadcast', arithmetic);
    // Behind one another, a pair of these would be four rows of `a` and four of `b`.
    const requests = Array.from({ length: 50 }, (_, i) => {
      const [long, short] = i % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const);
      return [fp32(long, [3, 2], [i, i, i, i, i, i]), fp32(short, [1, 2], [1, 2])];
    });
    const answers = await askAtOnce('broadcast', requests);
    answers.forEach(([sum], i) => expect(sum?.data).toEqual([i + 1, i + 2, i + 1, i + 2, i + 1, i + 2]));
  });
});

it('takes any shape where the model declares none', async () => {
  await promoteModel(db, await importedModel(db, store, 'undeclared', identityModel('FP32')));
  for (const shape of [[], [1], [2, 1], [1, 2, 3]]) {
    const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
    expect((await infer('undeclared', { inputs: [fp32('x', shape, data)] })).outputs).toEqual([
      fp32('y', shape, data),
    ]);
  }
});

it('runs a model that a pipeline trained, an empty cell of it null', async () => {
  const { manifest, forecast } = await servedModel(db, store, { identifier: 'trained' });
  const time = Array.from({ length: manifest.rows }, (_, row) => 1.7e12 + row * hour);
  const cells = time.map((_, row) => [row, row + 1, row === 1 ? null : row + 2]);
  const { outputs, model_version } = await infer('trained', {
    inputs: [
      { name: 'columns', datatype: 'FP64', shape: [1, time.length, 3], data: [cells] },
      { name: 'time', datatype: 'INT64', shape: [1, time.length], data: time },
    ],
  });
  const expected = await forecast(
    time,
    cells.map((row) => row.map((cell) => cell ?? Number.NaN)),
  );
  expect(model_version).toBe('1');
  expect(outputs).toEqual([{ name: 'forecast', datatype: 'FP64', shape: [1, 1, 1], data: expected.flat() }]);
});

describe('which version answers', async () => {
  const add = (constant: 'Identity' | 'Neg' | 'Abs') =>
    onnxModel({
      inputs: { x: ['FP32', ['n']] },
      outputs: { y: ['FP32', ['n']] },
      nodes: [[constant, ['x'], ['y']]],
    });
  const name = 'several versions/of it';
  const path = `/v2/models/${encodeURIComponent(name)}`;
  await importedModel(db, store, name, add('Identity'));
  const second = await importedModel(db, store, name, add('Neg'));
  await importedModel(db, store, name, add('Abs'));
  await db.modelAlias.create({ data: { name, alias: 'steady', version: 1 } });
  const ask = (where: string) => http.post(`${path}${where}/infer`).send({ inputs: [fp32('x', [1], [-5])] });

  it('is none before one is promoted: the answer says how to ask for one', async () => {
    expect(expectError(await ask(''), 404)).toBe(
      `no version of model ${name} is promoted: ask for one under ${path}/versions/3; there are versions 1, 2, 3`,
    );
  });

  it('is what is promoted, a number, or what an alias names', async () => {
    await promoteModel(db, second);
    for (const [where, model_version, value] of [
      ['', '2', 5],
      ['/versions/1', '1', -5],
      ['/versions/3', '3', 5],
      ['/versions/steady', '1', -5],
      ['/versions/champion', '2', 5],
    ] as const) {
      const answer = await ask(where);
      expect({ where, body: answer.body as unknown }).toMatchObject({
        where,
        body: { model_name: name, model_version, outputs: [{ data: [value] }] },
      });
    }
  });

  it('is not one that there is not', async () => {
    for (const version of ['4', '0', '999999999999999999999', '-1', 'nobody', '1.0', '*', '%00']) {
      const error = expectError(await ask(`/versions/${version}`), version === '%00' ? 400 : 404);
      if (version !== '%00') expect(error).toContain(`has no version ${version}; there are versions 1, 2, 3`);
    }
  });
});

it.each(['nobody', '*', '..', 'constructor', 'a'.repeat(256)])(
  'does not know the model %s',
  async (model) => {
    const answer = await http
      .post(`/v2/models/${encodeURIComponent(model).replaceAll('.', '%2E')}/infer`)
      .send({ inputs: [] });
    expect(expectError(answer, 404)).toBe(`there is no model ${model}`);
  },
);
