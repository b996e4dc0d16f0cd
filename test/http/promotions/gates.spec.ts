import { beforeAll, describe, expect, it } from 'vitest';
import { Gates, GatesMoved, presetGatePolicy } from '../../../src/contracts/gate-policy.js';
import { Promotion, PromotionDetail, PromotionPreview } from '../../../src/contracts/promotion.js';
import {
  PromotionRefused,
  PromotionRequest,
  PromotionRequestPage,
} from '../../../src/contracts/promotion-request.js';
import { testApp } from '../../app.js';
import { series, storedModel } from '../../factories/served-model.js';
import { houseModel } from '../../factories/column-models.js';
import { importedModel } from '../../factories/imported-model.js';
import { temporaryStore } from '../../temporary-store.js';
import { expectProblem, expectProblemOf } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp({ store: await temporaryStore() });
const heldOut = series(100);
/** Constant forecasts: 20 is the mean of the target, and the further from it, the worse. */
const forecaster = (identifier: string, always: number, metrics = {}) =>
  storedModel(db, store, { identifier, always, heldOut, metrics });

const gates = async (query: object) => parseAnswer(Gates, await http.get('/gates').query(query));
const set = (query: object, policy: object, headers: Record<string, string> = {}) =>
  http.put('/gates').query(query).set(headers).send(policy);
const promote = (body: object) => http.post('/promotions').send({ reason: 'because', ...body });
const verdicts = (from: { gates: { name: string; verdict: string }[] }) =>
  Object.fromEntries(from.gates.map(({ name, verdict }) => [name, verdict]));

describe('the gates', () => {
  it('are the preset, else the pipeline’s, else the identifier’s', async () => {
    const both = { identifier: 'scoped', pipeline: 'selftest' };
    expect(await gates(both)).toMatchObject({
      scope: 'preset',
      name: null,
      version: 0,
      policy: presetGatePolicy,
    });
    expect((await set({ pipeline: 'selftest' }, { beats_naive: false })).status).toBe(200);
    expect(await gates(both)).toMatchObject({ scope: 'pipeline', name: 'selftest', version: 1 });
    await set({ identifier: 'scoped' }, { manual_approval: true });
    expect(await gates(both)).toMatchObject({
      scope: 'identifier',
      version: 1,
      policy: { ...presetGatePolicy, manual_approval: true },
      updated_by: 'anonymous',
    });
    expect((await http.delete('/gates').query({ identifier: 'scoped' })).status).toBe(204);
    expect(await gates(both)).toMatchObject({ scope: 'pipeline' });
    expectProblem(await http.delete('/gates').query({ identifier: 'scoped' }), 404);
  });

  it('are set from the version that the caller has seen, or by nobody else meanwhile', async () => {
    const query = { identifier: 'compared' };
    expect((await set(query, {}, { 'if-match': '"0"' })).headers.etag).toBe('"1"');
    const moved = expectProblemOf(GatesMoved.strict(), await set(query, {}, { 'if-match': '"0"' }), 409);
    expect(moved.current).toMatchObject({ version: 1, name: 'compared' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => set(query, { beats_naive: false }, { 'if-match': '"1"' })),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      200,
      ...Array<number>(9).fill(409),
    ]);
    expect(await gates(query)).toMatchObject({ version: 2 });
  });

  it.each<[string, object, object]>([
    ['nobody', {}, {}],
    ['two', { identifier: 'a', pipeline: 'forecasting' }, {}],
    ['an unknown pipeline', { pipeline: 'unknown' }, {}],
    ['an unknown gate', { identifier: 'a' }, { best: true }],
    ['a limit below 0', { identifier: 'a' }, { limits: { rmse: -1 } }],
    ['a rule that is none', { identifier: 'a' }, { champion: { rule: 'best' } }],
    ['more than 100 percent', { identifier: 'a' }, { champion: { by_percent: 101 } }],
    ['a text', { identifier: 'a' }, { min_windows: '3' }],
  ])('of %s are refused', async (_, query, policy) => {
    expectProblem(await set(query, policy), 400, 'invalid_request');
  });
});

describe('a promotion by hand is judged', () => {
  it('on the rows of its run, against NAIVE and against what serves', async () => {
    const identifier = 'judged';
    await forecaster(identifier, 20);
    const first = parseAnswer(Promotion, await promote({ identifier, model_version: 1 }));
    expect(verdicts(first)).toEqual({
      finite_metrics: 'passed',
      beats_naive: 'passed',
      runs_its_example: 'passed',
      not_worse_than_champion: 'passed',
    });
    await forecaster(identifier, 30);
    const refused = expectProblemOf(
      PromotionRefused.strict(),
      await promote({ identifier, model_version: 2 }),
      422,
    );
    expect(verdicts(refused.request!)).toMatchObject({
      beats_naive: 'passed',
      not_worse_than_champion: 'failed',
    });
    const { inputs } = refused.request!.gates.find(({ name }) => name === 'not_worse_than_champion')!;
    expect(inputs).toMatchObject({ champion_version: 1, windows: 96, probability_better: 0 });
    expect(inputs.score).toBeGreaterThan(inputs.champion_score as number);
    expect(refused.detail).toMatch(/^version 2 of judged cannot be promoted: worse than the champion/);
  });

  it('and overridden by an operator, which stays in the history', async () => {
    const body = { identifier: 'judged', model_version: 2, override_gates: true };
    const promotion = parseAnswer(Promotion, await promote(body));
    expect(promotion).toMatchObject({ version: 2, overridden: true });
    expect(verdicts(promotion)).toMatchObject({ not_worse_than_champion: 'failed' });
    const detail = parseAnswer(PromotionDetail, await http.get(`/promotions/${promotion.id}`));
    expect(detail).toMatchObject({ replaced: { version: 1, model_version: 1 }, policy: presetGatePolicy });
    const requests = parseAnswer(
      PromotionRequestPage,
      await http.get('/promotion-requests').query({ identifier: 'judged' }),
    );
    expect(requests.items.map(({ verdict, overridden }) => [verdict, overridden])).toEqual([
      ['accepted', true],
      ['refused', false],
      ['accepted', false],
    ]);
    expect(requests.items[0]!.promotion_id).toBe(promotion.id);
  });

  it('by every gate of its policy, also when the first one fails', async () => {
    const identifier = 'every';
    await forecaster(identifier, 20, { rmse: null });
    await set(
      { identifier },
      {
        limits: { mae: 0.01 },
        min_train_rows: 80,
        min_windows: 11,
        max_size_bytes: 5,
        max_latency_ms: 10_000,
      },
    );
    const refused = expectProblemOf(
      PromotionRefused.strict(),
      await promote({ identifier, model_version: 1 }),
      422,
    );
    expect(verdicts(refused.request!)).toEqual({
      finite_metrics: 'failed',
      beats_naive: 'failed',
      runs_its_example: 'passed',
      within_limits: 'failed',
      enough_rows: 'failed',
      small_enough: 'failed',
      not_worse_than_champion: 'passed',
      fast_enough: 'passed',
    });
    expect(refused.request!.policy).toMatchObject({ max_size_bytes: 5 });
  });

  it('without being made, in a dry run', async () => {
    const identifier = 'dry';
    await forecaster(identifier, 20);
    const answer = await http
      .post('/promotions/dry-run')
      .send({ identifier, model_version: 1, reason: 'try' });
    expect(answer.status, answer.text).toBe(200);
    expect(parseAnswer(PromotionPreview, answer)).toMatchObject({ verdict: 'accepted', champion: null });
    expect(await db.promotionRequest.count({ where: { identifier } })).toBe(0);
    expectProblem(await http.get('/promotions/current').query({ identifier }), 404);
  });

  it('as an imported model by what can be known of it', async () => {
    const identifier = 'imported-gates';
    await importedModel(db, store, identifier, houseModel());
    await set({ identifier }, { max_latency_ms: 1_000, max_size_bytes: 100_000 });
    const { request } = expectProblemOf(
      PromotionRefused.strict(),
      await promote({ identifier, model_version: 1 }),
      422,
    );
    expect(verdicts(request!)).toEqual({
      runs_its_example: 'passed',
      beats_naive: 'not_comparable',
      small_enough: 'passed',
      not_worse_than_champion: 'not_comparable',
      fast_enough: 'failed',
    });
    const example = [
      { name: 'area', datatype: 'FP32' as const, shape: [1, 1], data: [1] },
      { name: 'rooms', datatype: 'INT64' as const, shape: [1, 1], data: [1] },
    ];
    await importedModel(db, store, identifier, houseModel(), { example });
    const answer = await promote({ identifier, model_version: 2 });
    expect(answer.status, answer.text).toBe(201);
    expect(verdicts(parseAnswer(Promotion, answer))).toMatchObject({ fast_enough: 'passed' });
  });
});

describe('with a manual approval', () => {
  const identifier = 'approved';
  beforeAll(async () => {
    await forecaster(identifier, 20);
    await set({ identifier }, { manual_approval: true });
  });
  async function ask(key?: string): Promise<PromotionRequest> {
    const answer = await promote({ identifier, model_version: 1 }).set(key ? { 'idempotency-key': key } : {});
    expect(answer.status, answer.text).toBe(202);
    const request = parseAnswer(PromotionRequest, answer);
    expect(answer.headers.location).toBe(`/promotion-requests/${request.id}`);
    return request;
  }
  const decide = (id: string, how: string, body: object = { reason: 'looked at it' }) =>
    http.post(`/promotion-requests/${id}/${how}`).send(body);

  it('waits, is approved, and then serves', async () => {
    const request = await ask();
    expect(request).toMatchObject({ verdict: 'pending', promotion_id: null, decided_by: null });
    expect(verdicts(request)).toMatchObject({ approved: 'pending' });
    const answer = await decide(request.id, 'approve');
    expect(answer.status, answer.text).toBe(201);
    const promotion = parseAnswer(Promotion, answer);
    expect(answer.headers.location).toBe(`/promotions/${promotion.id}`);
    expect(promotion).toMatchObject({ request_id: request.id, version: 1 });
    expect(verdicts(promotion)).toMatchObject({ approved: 'passed', beats_naive: 'passed' });
    expect(parseAnswer(PromotionRequest, await http.get(`/promotion-requests/${request.id}`))).toMatchObject({
      verdict: 'accepted',
      decided_by: 'anonymous',
      decision_reason: 'looked at it',
    });
    expectProblem(await decide(request.id, 'reject'), 409, 'conflict');
    expectProblem(await decide(request.id, 'approve'), 409, 'conflict');
  });

  it('is rejected, and does not serve', async () => {
    const { id } = await ask();
    const answer = await decide(id, 'reject');
    expect(parseAnswer(PromotionRequest, answer)).toMatchObject({ verdict: 'rejected' });
    const rejected = await http.get('/promotion-requests').query({ identifier, verdict: 'rejected' });
    expect(parseAnswer(PromotionRequestPage, rejected).items.map((item) => item.id)).toEqual([id]);
  });

  it('is judged again when it is approved', async () => {
    const { id } = await ask();
    await set({ identifier }, { manual_approval: true, max_size_bytes: 1 });
    const answer = await decide(id, 'approve');
    const { request } = expectProblemOf(PromotionRefused.strict(), answer, 422);
    expect(request).toMatchObject({ id, verdict: 'refused' });
    await set({ identifier }, { manual_approval: true });
  });

  it('is asked for once under one key, and answered alike again', async () => {
    const first = await ask('once');
    const again = await ask('once');
    expect(again).toEqual(first);
    expect(await db.promotionRequest.count({ where: { id: first.id } })).toBe(1);
  });

  it('is not needed by who overrides it', async () => {
    const answer = await promote({ identifier, model_version: 1, override_gates: true });
    expect(parseAnswer(Promotion, answer)).toMatchObject({ overridden: true });
  });

  it('refuses who gives no reason, or asks for what is not there', async () => {
    const { id } = await ask();
    expectProblem(await decide(id, 'approve', {}), 400);
    expectProblem(await decide('0193f5c3-7c5d-7c3e-9d3b-000000000000', 'approve'), 404);
    expectProblem(await decide('nothing', 'reject'), 400);
  });
});
