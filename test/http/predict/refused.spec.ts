import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testApp } from '../../app.js';
import { servedModel } from '../../factories/served-model.js';
import { forgeManifest } from '../../forge-manifest.js';
import { expectProblem } from '../expect-problem.js';

const { http, db, store, app } = await testApp();
const identifier = 'run-001';
const { manifest } = await servedModel(db, store, { identifier });

const time = ['2024-06-01T00:00:00Z', '2024-06-01T01:00:00Z', '2024-06-01T02:00:00Z', '2024-06-01T03:00:00Z'];
const right = { time, down: [1, 2, 3, 4], up: [5, 6, 7, 8], users: [9, 10, 11, 12] };
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(right).filter(([name]) => !names.includes(name)));
const post = (body: unknown) =>
  http
    .post('/predict')
    .set('content-type', 'application/json')
    .send(body as object);

it('answers the request that the ones below differ from by one thing each', async () => {
  expect((await post({ identifier, data: right })).status).toBe(200);
});

describe('says which column and row', () => {
  it.each<[string, object, string, string]>([
    ['no data at all', {}, 'data', 'there is no data'],
    ['no time column', without('time'), 'data', 'there is no time column'],
    ['a time that is none', { ...right, time: time.with(2, '2024-13-01') }, 'data.time.2', '"2024-13-01"'],
    [
      'a time that is a number',
      { ...right, time: [...time.slice(0, 3), 5] },
      'data.time.3',
      '5 is not a time',
    ],
    ['a time that is missing', { ...right, time: [null, ...time.slice(1)] }, 'data.time.0', 'null'],
    [
      'times that are all the same',
      { ...right, time: time.map(() => time[0]) },
      'data.time',
      'all times are the same',
    ],
    [
      'a time that stands there twice',
      { ...right, time: time.with(2, time[1]!) },
      'data.time.2',
      time[1]!.slice(0, 19),
    ],
    ['text for a number', { ...right, up: [5, '6', 7, 8] }, 'data.up.1', '"6" is not a finite number'],
    ['a flag for a number', { ...right, up: [5, 6, true, 8] }, 'data.up.2', 'true'],
    ['a list for a number', { ...right, up: [5, 6, [7], 8] }, 'data.up.2', '[7]'],
    ['a short column', { ...right, down: [1, 2, 3] }, 'data.down', 'has 3 rows, the time column has 4'],
    ['a long column', { ...right, down: [1, 2, 3, 4, 5] }, 'data.down', 'has 5 rows'],
    ['a column of no use that is short', { ...right, other: [1] }, 'data.other', 'has 1 rows'],
    ['an empty column', { ...right, users: [] }, 'data.users', 'has 0 rows'],
    ['a missing column', without('up'), 'data', 'Missing required feature columns: up'],
    [
      'two missing columns',
      without('users', 'down'),
      'data',
      'Missing required feature columns: down, users',
    ],
    [
      'a column in capitals',
      { ...without('up'), UP: right.up },
      'data',
      'Missing required feature columns: up',
    ],
  ])('%s', async (_what, data, path, message) => {
    const { errors } = expectProblem(await post({ identifier, data }), 400, 'invalid_request');
    expect(errors).toEqual([{ path, message: expect.stringContaining(message) }]);
  });

  it('a number that is too large for one', async () => {
    const body = JSON.stringify({ identifier, data: right }).replace('[5,', '[1e999,');
    const { errors } = expectProblem(await post(body), 400, 'invalid_request');
    expect(errors).toMatchObject([{ path: 'data.up.0' }]);
  });

  it('a number that JSON does not have', async () => {
    for (const value of ['NaN', 'Infinity', '-Infinity']) {
      const body = JSON.stringify({ identifier, data: right }).replace('[5,', `[${value},`);
      expectProblem(await post(body), 400, 'invalid_request');
    }
  });

  it('too few rows, and how many are needed', async () => {
    const data = Object.fromEntries(Object.entries(right).map(([name, values]) => [name, values.slice(1)]));
    const { detail } = expectProblem(await post({ identifier, data }), 400, 'invalid_request');
    expect(detail).toContain('3 rows');
    expect(detail).toContain(`needs ${manifest.rows}`);
  });

  it('a time column that index_col names and that is not there', async () => {
    expectProblem(await post({ identifier, index_col: 'when', data: right }), 400, 'invalid_request');
    expectProblem(await post({ identifier, index_col: 'toString', data: right }), 400, 'invalid_request');
  });

  it('cuts what it repeats of a long value', async () => {
    const data = { ...right, up: [5, 'x'.repeat(100_000), 7, 8] };
    expect(expectProblem(await post({ identifier, data }), 400).detail.length).toBeLessThan(200);
  });
});

describe('refuses the envelope', () => {
  it.each<[object, string]>([
    [{}, 'data'],
    [{ data: null }, 'data'],
    [{ data: [1, 2] }, 'data'],
    [{ data: { time: 'now' } }, 'data.time'],
    [{ data: right, identifier: '' }, 'identifier'],
    [{ data: right, identifier: 7 }, 'identifier'],
    [{ data: right, config_hash: 'c0ffee' }, 'config_hash'],
    [{ data: right, inference_length: 0 }, 'inference_length'],
    [{ data: right, inference_length: 10_001 }, 'inference_length'],
    [{ data: right, inference_length: '3' }, 'inference_length'],
    [{ data: right, inference_length: 1.5 }, 'inference_length'],
  ])('%j: the answer names %s', async (body, path) => {
    const { errors } = expectProblem(await post(body), 400, 'invalid_request');
    expect(errors?.map((error) => error.path)).toContain(path);
  });

  it('with a field that nobody knows', async () => {
    expectProblem(await post({ data: right, identifer: 'run-002' }), 400, 'invalid_request');
  });

  it.each(['0', '10001', '-1', 'x', '1.5'])('with ?inference_length=%s', async (length) => {
    const answer = await http.post(`/predict?inference_length=${length}`).send({ identifier, data: right });
    const { errors } = expectProblem(answer, 400, 'invalid_request');
    expect(errors?.map(({ path }) => path)).toEqual(['inference_length']);
  });

  it('with the column `__proto__`', async () => {
    const body = JSON.stringify({ identifier, data: right }).replace('{"time"', '{"__proto__":[1],"time"');
    expectProblem(await post(body), 400, 'invalid_request');
  });
});

describe('answers 503 with Retry-After', () => {
  it('when too many requests wait for the model, and answers all others', async () => {
    const slow = await servedModel(db, store, { identifier: 'slow', hidden: 160, window: 48 });
    const rows = Array.from({ length: 48 }, (_, row) => row);
    const data = {
      time: rows.map((row) => new Date(Date.UTC(2024, 5, 1, row)).toISOString()),
      ...Object.fromEntries(slow.manifest.columns.map((name) => [name, rows])),
    };
    const fastify = app.getHttpAdapter().getInstance();
    const ask = () =>
      fastify.inject({ method: 'POST', url: '/predict', payload: { identifier: 'slow', data } });
    expect((await ask()).statusCode).toBe(200);
    const answers = await Promise.all(Array.from({ length: 1_500 }, ask));
    const refused = answers.filter(({ statusCode }) => statusCode === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1_500 - refused.length);
    const [{ headers, body }] = refused as [(typeof refused)[number]];
    expect(headers['retry-after']).toBe('1');
    expectProblem({ status: 503, headers, text: body }, 503, 'unavailable');
    expect((await ask()).statusCode).toBe(200);
  });

  it('when the promoted model cannot be loaded, which is no fault of the caller', async () => {
    const gone = await servedModel(db, store, { identifier: 'damaged', seed: 66 });
    const { bucket, key } = await db.artifact.findUniqueOrThrow({
      where: { sha256: gone.version.model_sha256 },
    });
    await store.put(bucket, key, Buffer.from('not a model'));
    const answer = await post({ identifier: 'damaged', data: right });
    expectProblem(answer, 503, 'unavailable');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    // And it is loaded again for a later request, not remembered as broken.
    await store.put(bucket, key, gone.bytes);
    await expect
      .poll(async () => (await post({ identifier: 'damaged', data: right })).status, { timeout: 10_000 })
      .toBe(200);
  });

  it('when what the model must answer is not what it answers', async () => {
    const model = await servedModel(db, store, { identifier: 'forged', seed: 77 });
    const { example } = model.manifest;
    const forged = { ...model.manifest, example: { ...example, forecast: [[123_456]] } };
    const { bucket, key } = await db.artifact.findUniqueOrThrow({
      where: { sha256: model.version.manifest_sha256 },
    });
    const text = Buffer.from(JSON.stringify(forged));
    const sha256 = createHash('sha256').update(text).digest('hex');
    await store.put(bucket, key, text);
    await db.artifact.create({
      data: { sha256, bucket, key, size: text.length, media_type: 'application/json' },
    });
    await forgeManifest(db, { name: 'forged', version: 1 }, sha256);
    expectProblem(await post({ identifier: 'forged', data: right }), 503, 'unavailable');
  });
});
