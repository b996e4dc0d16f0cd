import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../src/contracts/app-error.js';
import { defaultScoreWeights } from '../../../src/contracts/score-weights.js';
import type { Gate } from '../../../src/contracts/gate.js';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { deleteRun } from '../../../src/engine/delete-run.js';
import { lockPointer } from '../../../src/engine/promote.js';
import { type HandRequest, promoteByHand, refuseByHand } from '../../../src/engine/promote-by-hand.js';
import type { ModelVersion } from '../../../src/generated/prisma/client.js';
import { inTransaction } from '../../../src/platform/database/transaction.js';
import { testDatabase } from '../../database.js';
import { caller } from '../../factories/caller.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();

const gate: Gate = { name: 'runs_its_example', verdict: 'passed', inputs: {}, message: 'it runs' };
const figures = { score: 0.1, rmse: 0.2, mae: 0.3, mse: null, weights: defaultScoreWeights };
const asking = ({ name, version }: ModelVersion, overrides: Partial<HandRequest> = {}): HandRequest => ({
  identifier: name,
  model_version: version,
  by: caller('operator'),
  reason: 'because',
  gates: [gate],
  ...overrides,
});
const promoteNow = (model: ModelVersion, overrides: Partial<HandRequest> = {}) =>
  inTransaction(db, (tx) => promoteByHand(tx, asking(model, overrides), figures));
const historyOf = (identifier: string) =>
  db.promotion.findMany({ where: { identifier }, orderBy: { version: 'asc' } });
const holdPointer = (identifier: string) => openTransaction(db, (tx) => lockPointer(tx, identifier));

it('writes request, promotion and pointer together', async () => {
  const identifier = 'by-hand';
  const model = await trainedModel(db, { identifier, model_type: 'LSTM' });
  const { promotion, request } = await promoteNow(model);
  expect(request).toMatchObject({
    identifier,
    model_version: 1,
    actor: 'operator',
    reason: 'because',
    gates: [gate],
    verdict: 'accepted',
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
    promotion_id: promotion.id,
  });
});

it('keeps a refusal, and leaves the pointer where it is', async () => {
  const identifier = 'refused';
  const model = await trainedModel(db, { identifier });
  const failed: Gate = { ...gate, verdict: 'failed' };
  await inTransaction(db, (tx) => refuseByHand(tx, asking(model, { gates: [failed] })));
  expect(await db.promotionRequest.findMany({ where: { identifier } })).toMatchObject([
    { verdict: 'refused', gates: [failed], reason: 'because' },
  ]);
  expect(await historyOf(identifier)).toEqual([]);
});

describe('promoters at the same moment', () => {
  // All of them stand before the pointer, so that each has seen what it was before any of them moved it.
  async function all(count: number, model: ModelVersion, expected?: number) {
    const held = await holdPointer(model.name);
    const promoting = Array.from({ length: count }, () => promoteNow(model, { expected }));
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
  await expect(promoteNow(model, { expected: 1 })).rejects.toMatchObject({
    code: 'conflict',
    message: 'the pointer of nothing-yet is at version 0, not 1',
    members: { current: null },
  });
});

it.each([
  ['promotion', (model: ModelVersion) => promoteNow(model)],
  ['refusal', (model: ModelVersion) => inTransaction(db, (tx) => refuseByHand(tx, asking(model)))],
])('finds no version whose run is deleted between the look at it and the %s', async (what, ask) => {
  const identifier = `deleted-${what}`;
  const model = await trainedModel(db, { identifier });
  const { pipeline_run_id } = await db.trackedRun.findUniqueOrThrow({ where: { run_id: model.run_id! } });
  await cancelRun(db, pipeline_run_id!, caller('tester'));
  // Whoever waits for a row that is there gets it in the order of their coming; for one that is being made, in any.
  await inTransaction(db, (tx) => lockPointer(tx, identifier));
  const held = await holdPointer(identifier);
  const deleting = deleteRun(db, pipeline_run_id!, caller('tester'));
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
