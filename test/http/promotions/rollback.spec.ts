import { describe, expect, it } from 'vitest';
import { CurrentPointer } from '../../../src/contracts/pointer.js';
import { PointerMoved, Promotion, PromotionPage } from '../../../src/contracts/promotion.js';
import { testApp } from '../../app.js';
import { columnNames, series, storedModel } from '../../factories/served-model.js';
import { promoteModel } from '../../factories/promotion.js';
import { temporaryStore } from '../../temporary-store.js';
import { eventually } from '../../integration/eventually.js';
import { expectProblem, expectProblemOf } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp({ store: await temporaryStore() });

const back = (body: object, headers: Record<string, string> = {}) =>
  http
    .post('/promotions/rollback')
    .set(headers)
    .send({ reason: 'it drifts', ...body });
const current = async (identifier: string) =>
  parseAnswer(CurrentPointer, await http.get('/promotions/current').query({ identifier }));

/** Promotes models with other weights each. */
async function history(identifier: string, count: number) {
  const models = [];
  for (let seed = 1; seed <= count; seed++) {
    const model = await storedModel(db, store, { identifier, seed });
    await promoteModel(db, model.version);
    models.push(model);
  }
  return models;
}

async function predict(identifier: string): Promise<{ model_version: number; forecast: unknown }> {
  const frame = series(20);
  const columns = columnNames.map((name, column) => {
    const values = Array.from(frame.columns[column]!.values, (value) => (Number.isNaN(value) ? null : value));
    return [name, values];
  });
  const time = Array.from(frame.time, (ms) => new Date(ms).toISOString());
  const data = { time, ...Object.fromEntries(columns) };
  const answer = await http.post('/predict').send({ identifier, data });
  expect(answer.status, answer.text).toBe(200);
  const { model_version, ...rest } = JSON.parse(answer.text) as Record<string, unknown>;
  const { predictions } = rest;
  return { model_version: model_version as number, forecast: predictions };
}

describe('a rollback', () => {
  it('serves the exact model from before, whose predictions are the same to the bit', async () => {
    const identifier = 'exact';
    const [first] = await history(identifier, 1);
    const before = await predict(identifier);
    expect(before.forecast).toBeDefined();
    const second = await storedModel(db, store, { identifier, seed: 2 });
    await promoteModel(db, second.version);
    await eventually('the second one answers', async () => (await predict(identifier)).model_version === 2);
    expect((await predict(identifier)).forecast).not.toEqual(before.forecast);

    const answer = await back({ identifier });
    expect(answer.status, answer.text).toBe(201);
    const promotion = parseAnswer(Promotion, answer);
    expect(promotion).toMatchObject({
      version: 3,
      restores: 1,
      model_version: 1,
      sha256: first!.version.model_sha256,
      reason: 'it drifts',
      gates: [{ name: 'runs_its_example', verdict: 'passed' }],
    });
    expect(answer.headers.location).toBe(`/promotions/${promotion.id}`);
    expect(await current(identifier)).toMatchObject({ version: 3, sha256: first!.version.model_sha256 });
    await eventually('the first one answers', async () => (await predict(identifier)).model_version === 1);
    expect(await predict(identifier)).toEqual(before);
  });

  it('goes to a named promotion, when the pointer is where the caller saw it', async () => {
    const identifier = 'matched';
    await history(identifier, 3);
    const stale = await back({ identifier, to: 1 }, { 'if-match': '"2"' });
    expect(expectProblemOf(PointerMoved.strict(), stale, 409).current).toMatchObject({ version: 3 });
    const answer = await back({ identifier, to: 1 }, { 'if-match': '"3"' });
    expect(parseAnswer(Promotion, answer)).toMatchObject({ version: 4, restores: 1 });
  });

  it('is made once under one key', async () => {
    const identifier = 'keyed';
    await history(identifier, 3);
    const send = () => back({ identifier }, { 'idempotency-key': 'k' });
    const [first, twin] = await Promise.all([send(), send()]);
    expect(twin.text).toBe(first.text);
    expect((await send()).text).toBe(first.text);
    expect(await current(identifier)).toMatchObject({ version: 4, model_version: 2 });
  });

  it('is refused when the model does not load any more, and the pointer stays', async () => {
    const identifier = 'damaged';
    const [first] = await history(identifier, 2);
    const file = await db.artifact.findUniqueOrThrow({ where: { sha256: first!.version.model_sha256 } });
    await store.remove(file.bucket, file.key);
    const { detail } = expectProblem(await back({ identifier }), 422, 'unprocessable');
    expect(detail).toMatch(/^version 1 of damaged cannot serve any more: There is no object/);
    expect(await current(identifier)).toMatchObject({ version: 2 });
  });

  it.each<[string, object, number]>([
    ['of what was never promoted', { identifier: 'never' }, 404],
    ['to before the first one', { identifier: 'single' }, 409],
    ['to what serves', { identifier: 'single', to: 1 }, 409],
    ['to no promotion', { identifier: 'single', to: 2 }, 404],
    ['without a reason', { identifier: 'single', reason: '' }, 400],
    ['to a version that is none', { identifier: 'single', to: 0 }, 400],
    ['of nothing', {}, 400],
  ])('%s is refused', async (_, body, status) => {
    if ((await db.promotion.count({ where: { identifier: 'single' } })) === 0) await history('single', 1);
    expectProblem(await back(body), status);
  });
});

describe('the pointer', () => {
  it('has its version as ETag, and is not sent to who has seen it', async () => {
    const identifier = 'tagged';
    await history(identifier, 1);
    const path = `/promotions/current?identifier=${identifier}`;
    const first = await http.get(path);
    expect(first.headers.etag).toBe('"1"');
    for (const seen of ['"1"', 'W/"1"', '"7", "1"', '*']) {
      const again = await http.get(path).set('if-none-match', seen);
      expect([again.status, again.text, again.headers.etag], seen).toEqual([304, '', '"1"']);
    }
    await back({ identifier: 'tagged', to: 1 });
    await history(identifier, 1);
    const moved = await http.get(path).set('if-none-match', '"1"');
    expect([moved.status, moved.headers.etag]).toEqual([200, '"2"']);
  });
});

describe('the history', () => {
  it('is filtered by what a promotion is of', async () => {
    const identifier = 'filtered';
    const [first, second] = await history(identifier, 2);
    const find = async (query: object) =>
      parseAnswer(PromotionPage, await http.get('/promotions').query({ identifier, ...query })).items.map(
        ({ version }) => version,
      );
    expect(await find({})).toEqual([2, 1]);
    expect(await find({ run_id: first!.version.run_id })).toEqual([1]);
    expect(await find({ sha256: second!.version.model_sha256 })).toEqual([2]);
    expect(await find({ model_type: 'GRU' })).toEqual([2, 1]);
    expect(await find({ model_type: 'LSTM' })).toEqual([]);
    expect(await find({ actor: 'operator' })).toEqual([2, 1]);
    expect(await find({ actor: 'nobody' })).toEqual([]);
    const { created_at } = await db.promotion.findFirstOrThrow({ where: { identifier, version: 2 } });
    expect(await find({ created_before: created_at.toISOString() })).toEqual([1]);
    expect(await find({ created_after: created_at.toISOString() })).toEqual([2]);
    expect(await find({ config_hash: 'beef' })).toEqual([]);
    expectProblem(await http.get('/promotions').query({ sha256: 'X' }), 400);
    const page = parseAnswer(PromotionPage, await http.get('/promotions').query({ identifier, limit: 1 }));
    const next = { identifier, limit: 1, cursor: page.next_cursor };
    expect(parseAnswer(PromotionPage, await http.get('/promotions').query(next)).items).toHaveLength(1);
    expectProblem(await http.get('/promotions').query({ ...next, actor: 'operator' }), 400);
  });
});
