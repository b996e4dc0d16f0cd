import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../src/contracts/app-error.js';
import { defaultScoreWeights } from '../../../src/contracts/score-weights.js';
import { type Gate, unapproved } from '../../../src/contracts/gate.js';
import { presetGatePolicy } from '../../../src/contracts/gate-policy.js';
import { findChampion } from '../../../src/engine/champion.js';
import { StaleChampion } from '../../../src/engine/effect.js';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { deleteRun } from '../../../src/engine/delete-run.js';
import { lockPointer } from '../../../src/engine/promote.js';
import {
  type AskedPromotion,
  decidePromotion,
  type Judgement,
} from '../../../src/engine/decide-promotion.js';
import { approveRequest, rejectRequest } from '../../../src/engine/decide-request.js';
import { whileStale } from '../../../src/features/promotions/while-stale.js';
import type { ModelVersion } from '../../../src/generated/prisma/client.js';
import { inTransaction } from '../../../src/platform/database/transaction.js';
import { testDatabase } from '../../database.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();

const gate: Gate = { name: 'runs_its_example', verdict: 'passed', inputs: {}, message: 'it runs' };
const figures = { score: 0.1, rmse: 0.2, mae: 0.3, mse: null, weights: defaultScoreWeights };
const by = { name: 'operator', request_id: 'r-1' };
const asking = (
  { name, version }: ModelVersion,
  overrides: Partial<AskedPromotion> = {},
): AskedPromotion => ({
  identifier: name,
  model_version: version,
  by,
  reason: 'because',
  override: false,
  ...overrides,
});
/** What would be found out about a candidate at this moment. */
async function judge(identifier: string, gates: Gate[] = [gate]): Promise<Judgement> {
  const champion = (await findChampion(db, identifier))?.model_version ?? null;
  return { gates, policy: presetGatePolicy, champion, figures };
}
const decide = (model: ModelVersion, overrides: Partial<AskedPromotion> = {}, gates?: Gate[]) =>
  whileStale(async () => {
    const judgement = await judge(model.name, gates);
    return inTransaction(db, (tx) => decidePromotion(tx, asking(model, overrides), judgement));
  });
const failed: Gate = { ...gate, name: 'beats_naive', verdict: 'failed' };
const historyOf = (identifier: string) =>
  db.promotion.findMany({ where: { identifier }, orderBy: { version: 'asc' } });
const holdPointer = (identifier: string) => openTransaction(db, (tx) => lockPointer(tx, identifier));

it('writes request, promotion and pointer together', async () => {
  const identifier = 'by-hand';
  const model = await trainedModel(db, { identifier, model_type: 'LSTM' });
  const { promotion, request } = await decide(model);
  expect(request).toMatchObject({
    identifier,
    model_version: 1,
    actor: 'operator',
    reason: 'because',
    gates: [gate],
    policy: presetGatePolicy,
    verdict: 'accepted',
    overridden: false,
    pipeline_run_id: null,
  });
  expect(promotion).toMatchObject({
    request_id: request.id,
    identifier,
    version: 1,
    model_version: 1,
    model_type: 'LSTM',
    run_id: model.run_id,
    experiment: 'forecasting/series',
    config_hash: 'c0ffee',
    sha256: model.model_sha256,
    ...figures,
    actor: 'operator',
    reason: 'because',
    replaces: null,
    pipeline_run_id: null,
  });
  expect(await db.pointer.findUnique({ where: { identifier } })).toMatchObject({
    version: 1,
    promotion_id: promotion!.id,
  });
});

it('keeps a refusal, and leaves the pointer where it is', async () => {
  const identifier = 'refused';
  const model = await trainedModel(db, { identifier });
  expect(await decide(model, {}, [failed])).toMatchObject({
    promotion: null,
    request: { verdict: 'refused' },
  });
  expect(await db.promotionRequest.findMany({ where: { identifier } })).toMatchObject([
    { verdict: 'refused', gates: [failed], reason: 'because' },
  ]);
  expect(await historyOf(identifier)).toEqual([]);
});

it('records that a gate was overridden, but overrides none that a server needs', async () => {
  const model = await trainedModel(db, { identifier: 'overridden' });
  const override = true;
  expect(await decide(model, { override })).toMatchObject({ request: { overridden: false } });
  expect(await decide(model, { override }, [failed])).toMatchObject({
    promotion: { version: 2 },
    request: { verdict: 'accepted', overridden: true, gates: [failed] },
  });
  const broken: Gate = { ...gate, verdict: 'failed' };
  expect(await decide(model, { override }, [broken])).toMatchObject({
    promotion: null,
    request: { verdict: 'refused', overridden: false },
  });
});

it('decides nothing against a champion that serves no more', async () => {
  const identifier = 'stale';
  const model = await trainedModel(db, { identifier });
  const judgement = await judge(identifier);
  await promoteModel(db, model);
  const deciding = inTransaction(db, (tx) => decidePromotion(tx, asking(model), judgement));
  await expect(deciding).rejects.toBeInstanceOf(StaleChampion);
  expect(await historyOf(identifier)).toHaveLength(1);
});

describe('a request that waits for an approval', () => {
  async function wait(identifier: string) {
    const model = await trainedModel(db, { identifier });
    const { request, promotion } = await decide(model, {}, [gate, unapproved]);
    expect([request.verdict, promotion]).toEqual(['pending', null]);
    return { model, id: request.id };
  }
  const approve = (identifier: string, id: string, gates: Gate[] = [gate]) =>
    whileStale(async () => {
      const judgement = await judge(identifier, gates);
      return inTransaction(db, (tx) => approveRequest(tx, { id, by, reason: 'looks good' }, judgement));
    });
  const reject = (id: string) => inTransaction(db, (tx) => rejectRequest(tx, { id, by, reason: 'no' }));

  it('is promoted when it is approved', async () => {
    const { id } = await wait('approved');
    const { promotion, request } = await approve('approved', id);
    expect(promotion).toMatchObject({ version: 1, request_id: id, reason: 'because', actor: 'operator' });
    expect(request).toMatchObject({
      verdict: 'accepted',
      decided_by: 'operator',
      decision_reason: 'looks good',
      gates: [gate, { name: 'approved', verdict: 'passed', inputs: { by: 'operator' } }],
    });
    expect(request.decided_at).toBeInstanceOf(Date);
  });

  it('is refused when by then a gate fails, and not promoted when it is rejected', async () => {
    const { id } = await wait('too-late');
    expect(await approve('too-late', id, [failed])).toMatchObject({
      promotion: null,
      request: { verdict: 'refused' },
    });
    const other = await wait('rejected');
    expect(await reject(other.id)).toMatchObject({ verdict: 'rejected', decision_reason: 'no' });
    for (const identifier of ['too-late', 'rejected']) expect(await historyOf(identifier)).toEqual([]);
  });

  it('is decided once, whoever else wants to', async () => {
    const { id } = await wait('once');
    await inTransaction(db, (tx) => lockPointer(tx, 'once'));
    const held = await holdPointer('once');
    const deciding = Promise.allSettled([
      ...Array.from({ length: 5 }, () => approve('once', id)),
      ...Array.from({ length: 5 }, () => reject(id)),
    ]);
    await waiting(db, 10);
    await held.commit();
    const outcomes = await deciding;
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict' });
    }
    const { verdict } = await db.promotionRequest.findUniqueOrThrow({ where: { id } });
    expect(await historyOf('once')).toHaveLength(verdict === 'accepted' ? 1 : 0);
  });

  it('cannot be changed by anyone once it is decided', async () => {
    const { id } = await wait('kept');
    await approve('kept', id);
    for (const statement of [
      `update promotion_requests set reason = 'another' where id = '${id}'`,
      `delete from promotion_requests where id = '${id}'`,
      'truncate promotion_requests cascade',
    ]) {
      await expect(db.$executeRawUnsafe(statement), statement).rejects.toThrow(/history is only added to/);
    }
  });
});

describe('promoters at the same moment', () => {
  // All of them stand before the pointer, so that each has seen what it was before any of them moved it.
  async function all(count: number, model: ModelVersion, expected?: number) {
    const held = await holdPointer(model.name);
    const promoting = Array.from({ length: count }, () => decide(model, { expected }));
    const settled = Promise.allSettled(promoting);
    await waiting(db, count);
    await held.commit();
    return settled;
  }

  it.each([0, 3])(
    'that have all seen version %i: one gets it, and nobody undoes what it never saw',
    async (seen) => {
      const identifier = `seen-${seen}`;
      const model = await trainedModel(db, { identifier });
      for (let i = 0; i < seen; i++) await promoteModel(db, model);
      const outcomes = await all(20, model, seen);
      const refusals = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as AppError] : [],
      );
      expect(refusals).toHaveLength(19);
      const history = await historyOf(identifier);
      expect(history.map(({ version }) => version)).toEqual(
        Array.from({ length: seen + 1 }, (_, i) => i + 1),
      );
      for (const { code, message, members } of refusals) {
        expect({ code, message }).toEqual({
          code: 'conflict',
          message: `the pointer of ${identifier} is at version ${seen + 1}, not ${seen}`,
        });
        expect(members.current).toMatchObject({ version: seen + 1, promotion_id: history.at(-1)?.id });
      }
      expect(await db.promotionRequest.count({ where: { identifier } })).toBe(seen + 1);
    },
  );

  it('that have looked at nothing are put into one order', async () => {
    const identifier = 'unseen';
    const model = await trainedModel(db, { identifier });
    const outcomes = await all(20, model);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(20).fill('fulfilled'));
    const history = await historyOf(identifier);
    expect(history.map(({ version }) => version)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(history.map(({ replaces }) => replaces)).toEqual([
      null,
      ...history.slice(0, -1).map(({ id }) => id),
    ]);
  });
});

it('says that nothing is promoted to who has seen a version of nothing', async () => {
  const model = await trainedModel(db, { identifier: 'nothing-yet' });
  await expect(decide(model, { expected: 1 })).rejects.toMatchObject({
    code: 'conflict',
    message: 'the pointer of nothing-yet is at version 0, not 1',
    members: { current: null },
  });
});

it.each([
  ['promotion', (model: ModelVersion) => decide(model)],
  ['refusal', (model: ModelVersion) => decide(model, {}, [failed])],
])('finds no version whose run is deleted between the look at it and the %s', async (what, ask) => {
  const identifier = `deleted-${what}`;
  const model = await trainedModel(db, { identifier });
  const { pipeline_run_id } = await db.trackedRun.findUniqueOrThrow({ where: { run_id: model.run_id! } });
  await cancelRun(db, pipeline_run_id!, by);
  // Whoever waits for a row that is there gets it in the order of their coming; for one that is being made, in any.
  await inTransaction(db, (tx) => lockPointer(tx, identifier));
  const held = await holdPointer(identifier);
  const deleting = deleteRun(db, pipeline_run_id!, by);
  await waiting(db, 1);
  const asked = ask(model).catch((error: unknown) => error);
  await waiting(db, 2);
  await held.commit();
  await deleting;
  expect(await asked).toMatchObject({
    code: 'not_found',
    message: `there is no version 1 of model ${identifier}`,
  });
});
