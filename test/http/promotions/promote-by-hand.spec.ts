import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/contracts/app-error.js';
import { presetGatePolicy } from '../../../src/contracts/gate-policy.js';
import { Lineage } from '../../../src/contracts/lineage.js';
import { PredictAnswer } from '../../../src/contracts/predict.js';
import { CurrentPointer } from '../../../src/contracts/pointer.js';
import { PointerMoved, Promotion, PromotionDetail, PromotionPage } from '../../../src/contracts/promotion.js';
import { PromotionRefused } from '../../../src/contracts/promotion-request.js';
import { testApp } from '../../app.js';
import { houseModel } from '../../factories/column-models.js';
import { importedModel, type ImportedModelSettings } from '../../factories/imported-model.js';
import { storedModel } from '../../factories/served-model.js';
import { eventually } from '../../integration/eventually.js';
import { temporaryStore } from '../../temporary-store.js';
import { expectProblem, expectProblemOf } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const files = await temporaryStore();
/** Digests of bytes that the store cannot give at the moment. */
const away = new Set<string>();
const { http, db, store, databaseUrl } = await testApp({
  store: {
    ...files,
    get(bucket, key, range) {
      if (!away.has(key.split('/').at(-1) ?? '')) return files.get(bucket, key, range);
      return Promise.reject(new AppError('unavailable', 'the store is away'));
    },
  },
});
const replica = await testApp({ databaseUrl, store: files });

type Headers = Partial<Record<'if-match' | 'idempotency-key', string>>;
const ask = (body: object, headers: Headers = {}) =>
  http
    .post('/promotions')
    .set(headers)
    .send({ reason: 'because', ...body });

async function promote(body: object, headers: Headers = {}) {
  const answer = await ask(body, headers);
  expect(answer.status, answer.text).toBe(201);
  return parseAnswer(Promotion, answer);
}
const current = async (identifier: string) =>
  parseAnswer(CurrentPointer, await http.get('/promotions/current').query({ identifier }));
const countOf = (identifier: string) => db.promotion.count({ where: { identifier } });

describe('a promotion by hand', () => {
  it('is made, listed and found where its Location says', async () => {
    const identifier = 'made';
    const { version } = await storedModel(db, store, { identifier });
    const answer = await ask({ identifier, model_version: 1, reason: 'steadier on holidays' });
    expect(answer.status, answer.text).toBe(201);
    const promotion = parseAnswer(Promotion, answer);
    expect(promotion).toMatchObject({
      identifier,
      version: 1,
      model_type: 'GRU',
      model_version: 1,
      run_id: version.run_id,
      pipeline_run_id: null,
      config_hash: version.config_hash,
      sha256: version.model_sha256,
      rmse: 0.1,
      mae: 0.05,
      mse: 0.01,
      score: expect.closeTo(0.5 * 0.1 + 0.3 * 0.05 + 0.2 * 0.01, 12),
      weights: { rmse: 0.5, mae: 0.3, mse: 0.2 },
      actor: 'anonymous',
      reason: 'steadier on holidays',
      replaces: null,
      restores: null,
      overridden: false,
      gates: [
        { name: 'finite_metrics', verdict: 'passed' },
        // Its run's rows were never stored.
        { name: 'beats_naive', verdict: 'not_comparable' },
        {
          name: 'runs_its_example',
          verdict: 'passed',
          inputs: { sha256: version.model_sha256 },
          message: 'the model loads and runs its example',
        },
        { name: 'not_worse_than_champion', verdict: 'not_comparable' },
      ],
    });
    expect(answer.headers.location).toBe(`/promotions/${promotion.id}`);
    expect(parseAnswer(PromotionDetail, await http.get(answer.headers.location!))).toEqual({
      ...promotion,
      policy: presetGatePolicy,
      scoreboard: null,
      replaced: null,
      lineage: parseAnswer(Lineage, await http.get(`/models/${identifier}/versions/1/lineage`)),
    });
    const { items } = parseAnswer(PromotionPage, await http.get('/promotions').query({ identifier }));
    expect(items).toEqual([promotion]);
    expect(await current(identifier)).toMatchObject({ promotion_id: promotion.id, version: 1 });
  });

  it('shows what the run that trained it scored with', async () => {
    const identifier = 'weighted';
    const { version } = await storedModel(db, store, { identifier });
    const { pipeline_run_id } = await db.trackedRun.findUniqueOrThrow({ where: { run_id: version.run_id! } });
    const weights = { rmse: 0, mae: 2, mse: 0 };
    await db.$executeRaw`
      update pipeline_runs set parameters = jsonb_set(parameters, '{score_weights}', ${JSON.stringify(weights)}::jsonb)
      where id = ${pipeline_run_id}::uuid`;
    expect(await promote({ identifier, model_version: 1 })).toMatchObject({ weights, score: 0.1 });
  });

  it('of an imported model shows numbers that are not known as null', async () => {
    const identifier = 'imported';
    const version = await importedModel(db, store, identifier, houseModel());
    expect(await promote({ identifier, model_version: 1 })).toMatchObject({
      model_type: 'ONNX',
      run_id: version.run_id,
      score: null,
      rmse: null,
      mae: null,
      mse: null,
    });
    await importedModel(db, store, identifier, houseModel(), { metrics: { rmse: 3, accuracy: 0.9 } });
    expect(await promote({ identifier, model_version: 2 })).toMatchObject({
      rmse: 3,
      mae: null,
      score: null,
    });
    expect(await current(identifier)).toMatchObject({ model_type: 'ONNX', version: 2, rmse: 3 });
    const all = await http.get('/promotions/current?limit=200');
    expect(all.status).toBe(200);
    expect(all.text).toContain('"identifier":"imported"');
  });

  it('names the version by the tracked run that made it', async () => {
    const identifier = 'by-run';
    const first = await storedModel(db, store, { identifier });
    await storedModel(db, store, { identifier, seed: 2 });
    expect(await promote({ identifier, run_id: first.version.run_id })).toMatchObject({
      model_version: 1,
      run_id: first.version.run_id,
    });
  });

  it('answers predictions within a second, at every gateway', async () => {
    const identifier = 'followed';
    for (let i = 0; i < 2; i++) await importedModel(db, store, identifier, houseModel());
    const answering = async (at: typeof http) => {
      const answer = await at.post('/predict').send({ identifier, records: [{ area: 1, rooms: 1 }] });
      expect(answer.status, answer.text).toBe(200);
      return parseAnswer(PredictAnswer, answer).model_version;
    };
    await promote({ identifier, model_version: 2 });
    expect([await answering(http), await answering(replica.http)]).toEqual([2, 2]);
    await promote({ identifier, model_version: 1 });
    await eventually('both answer with it', async () => {
      const versions = [await answering(http), await answering(replica.http)];
      return versions.every((version) => version === 1);
    });
  });
});

describe('with If-Match', () => {
  const identifier = 'matched';
  beforeAll(() => importedModel(db, store, identifier, houseModel()));

  it('is made when the pointer is where the caller saw it, and refused with the pointer when not', async () => {
    const body = { identifier, model_version: 1 };
    await promote(body, { 'if-match': '"0"' });
    const second = await promote(body, { 'if-match': '"1"' });
    const { current: found, detail } = expectProblemOf(
      PointerMoved.strict(),
      await ask(body, { 'if-match': '"1"' }),
      409,
      'conflict',
    );
    expect(detail).toBe('the pointer of matched is at version 2, not 1');
    expect(found).toEqual(await current(identifier));
    expect(found?.promotion_id).toBe(second.id);
    expect(await countOf(identifier)).toBe(2);
  });

  it('is refused with null when nothing was promoted', async () => {
    await importedModel(db, store, 'never', houseModel());
    const answer = await ask({ identifier: 'never', model_version: 1 }, { 'if-match': '"7"' });
    expect(expectProblemOf(PointerMoved.strict(), answer, 409).current).toBeNull();
    expectProblem(await http.get('/promotions/current?identifier=never'), 404);
  });

  it.each(['3', '"x"', 'W/"3"', '"03"', '"1", "2"', '*', '""', '"-1"', '"99999999999"'])(
    'refuses %s',
    async (text) => {
      const answer = await ask({ identifier, model_version: 1 }, { 'if-match': text });
      expect(expectProblem(answer, 400, 'invalid_request').errors).toEqual([
        { path: 'If-Match', message: 'must be one version in double quotes, such as "3"' },
      ]);
    },
  );

  it('lets one of twenty have it; without it, all twenty', async () => {
    const one = 'one-of-twenty';
    await importedModel(db, store, one, houseModel());
    const twenty = (headers: Headers) =>
      Promise.all(Array.from({ length: 20 }, () => ask({ identifier: one, model_version: 1 }, headers)));
    const matched = (await twenty({ 'if-match': '"0"' })).map(({ status }) => status);
    expect(matched.toSorted((a, b) => a - b)).toEqual([201, ...Array<number>(19).fill(409)]);
    expect(await countOf(one)).toBe(1);
    const unmatched = await twenty({});
    expect(unmatched.map(({ status }) => status)).toEqual(Array(20).fill(201));
    const versions = unmatched.map((answer) => parseAnswer(Promotion, answer).version);
    expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
  });
});

describe('with an Idempotency-Key', () => {
  it('is made once, and answered alike again, although the pointer has moved on', async () => {
    const identifier = 'once';
    await importedModel(db, store, identifier, houseModel());
    const key = randomUUID();
    const send = () => ask({ identifier, model_version: 1 }, { 'idempotency-key': key, 'if-match': '"0"' });
    const [first, twin] = await Promise.all([send(), send()]);
    expect([first.status, twin.status]).toEqual([201, 201]);
    expect(twin.text).toBe(first.text);
    await promote({ identifier, model_version: 1 });
    const again = await send();
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await countOf(identifier)).toBe(2);
    const other = await ask({ identifier, model_version: 1, reason: 'another' }, { 'idempotency-key': key });
    expectProblem(other, 422, 'unprocessable');
  });
});

describe('a model that does not load', () => {
  it.each<[string, Buffer | Uint8Array, ImportedModelSettings, string]>([
    [
      'is no model',
      Buffer.from('no model'),
      { signature: { inputs: [], outputs: [] } },
      'the file is no ONNX model',
    ],
    [
      'does not run its example',
      houseModel(),
      { example: [{ name: 'area', datatype: 'FP32', shape: [1, 1], data: [1] }] },
      'the model does not run its example',
    ],
  ])(
    'because it %s is refused with its verdict; the request is kept, the pointer stays',
    async (what, bytes, settings, why) => {
      const identifier = what.replaceAll(' ', '-');
      await importedModel(db, store, identifier, houseModel());
      const serving = await promote({ identifier, model_version: 1 });
      await importedModel(db, store, identifier, bytes, settings);
      const answer = await ask({ identifier, model_version: 2, reason: 'try it' });
      const { request, detail } = expectProblemOf(PromotionRefused.strict(), answer, 422, 'unprocessable');
      expect(request).toMatchObject({
        identifier,
        model_version: 2,
        actor: 'anonymous',
        reason: 'try it',
        verdict: 'refused',
        gates: [
          { name: 'runs_its_example', verdict: 'failed', message: expect.stringContaining(why) },
          { name: 'beats_naive', verdict: 'not_comparable' },
          { name: 'not_worse_than_champion', verdict: 'not_comparable' },
        ],
      });
      expect(detail).toBe(`version 2 of ${identifier} cannot be promoted: ${request!.gates[0]!.message}`);
      const kept = await db.promotionRequest.findUniqueOrThrow({ where: { id: request!.id } });
      expect(kept).toMatchObject({ verdict: 'refused', reason: 'try it', gates: request!.gates });
      expect((await current(identifier)).promotion_id).toBe(serving.id);
    },
  );

  it('is refused too when its bytes are gone', async () => {
    const identifier = 'gone';
    const version = await importedModel(db, store, identifier, houseModel());
    const file = await db.artifact.findUniqueOrThrow({ where: { sha256: version.manifest_sha256 } });
    await store.remove(file.bucket, file.key);
    const answer = await ask({ identifier, model_version: 1 });
    expect(expectProblemOf(PromotionRefused.strict(), answer, 422).request?.gates[0]).toMatchObject({
      verdict: 'failed',
    });
  });

  it('leaves nothing behind when it is the store that cannot be reached, and is promoted when it can', async () => {
    const identifier = 'store-away';
    const version = await importedModel(db, store, identifier, houseModel());
    away.add(version.manifest_sha256);
    const answer = await ask({ identifier, model_version: 1 });
    expect(answer.headers['retry-after']).toBeDefined();
    expectProblem(answer, 503, 'unavailable');
    expect(await db.promotionRequest.count({ where: { identifier } })).toBe(0);
    away.clear();
    await eventually('it is tried again', async () => {
      const { status } = await ask({ identifier, model_version: 1 });
      return status === 201;
    });
  });
});

describe('a request', () => {
  const identifier = 'asked';
  beforeAll(() => importedModel(db, store, identifier, houseModel()));

  it.each<[string, object, string]>([
    ['no version', {}, 'model_version'],
    ['a version and a run', { model_version: 1, run_id: 'r' }, 'model_version'],
    ['a version 0', { model_version: 0 }, 'model_version'],
    ['a version that no database holds', { model_version: 2 ** 31 }, 'model_version'],
    ['a version in words', { model_version: '1' }, 'model_version'],
    ['an empty run', { run_id: '' }, 'run_id'],
    ['a run that no database holds', { run_id: 'a\0' }, 'run_id'],
    ['no reason', { model_version: 1, reason: undefined }, 'reason'],
    ['an empty reason', { model_version: 1, reason: '' }, 'reason'],
    ['a reason that no database holds', { model_version: 1, reason: '\ud800' }, 'reason'],
    ['an identifier that cannot be one', { identifier: '*', model_version: 1 }, 'identifier'],
    ['something unknown', { model_version: 1, override: true }, ''],
  ])('is refused for %s', async (_what, body, path) => {
    const { errors } = expectProblem(await ask({ identifier, ...body }), 400, 'invalid_request');
    expect(errors?.map((error) => error.path)).toEqual([path]);
  });

  it.each([
    [{ model_version: 2 }, 'there is no version 2 of model asked'],
    [{ run_id: 'nothing' }, 'tracked run nothing made no version of model asked'],
    [{ identifier: 'unknown', model_version: 1 }, 'there is no version 1 of model unknown'],
  ])('is not found for %j', async (body, detail) => {
    expect(expectProblem(await ask({ identifier, ...body }), 404, 'not_found').detail).toBe(detail);
    expect(await db.pointer.count({ where: { identifier: { in: ['asked', 'unknown'] } } })).toBe(0);
  });

  it('does not find a promotion that is none', async () => {
    expectProblem(await http.get(`/promotions/${randomUUID()}`), 404, 'not_found');
    expectProblem(await http.get('/promotions/none'), 400, 'invalid_request');
  });
});
