import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../database.js';
import { promoteModel } from '../../factories/promotion.js';
import { newRun, type TestRun, trainers } from '../../factories/run.js';
import { holdRun } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();

async function readyToEvaluate(identifier: string): Promise<TestRun> {
  const run = await newRun(db, { identifier });
  return run.succeed('preprocess', ...trainers);
}

const versionOf = (run: TestRun, model_type: string) =>
  db.modelVersion.findFirstOrThrow({ where: { model_type, run: { pipeline_run_id: run.id } } });

it('promotes the winner with its request, its pointer and its place on the scoreboard', async () => {
  const run = await readyToEvaluate('accepted');
  await (await run.claim('evaluate', 'worker')).succeed({ winner: 'LSTM' });
  const winner = await versionOf(run, 'LSTM');
  const promotion = await db.promotion.findFirstOrThrow({
    where: { identifier: 'accepted' },
    include: { request: true },
  });
  expect(promotion).toMatchObject({
    version: 1,
    model_version: winner.version,
    model_type: 'LSTM',
    run_id: winner.run_id,
    sha256: winner.model_sha256,
    experiment: 'forecasting/series',
    config_hash: 'c0ffee',
    score: 0.05,
    actor: 'tester',
    replaces: null,
    pipeline_run_id: run.id,
    request: { verdict: 'accepted', pipeline_run_id: run.id, step: 'evaluate' },
  });
  expect((await run.step('evaluate')).outputs).toMatchObject({
    promotion_id: promotion.id,
    request_id: promotion.request_id,
    serving: { model_version: winner.version },
    scoreboard: [
      { model_type: 'GRU', promoted: false },
      { model_type: 'LSTM', promoted: true },
      { model_type: 'PROPHET', promoted: false },
    ],
  });
});

it('keeps the request and its gates when they refuse, and promotes nothing', async () => {
  const run = await readyToEvaluate('refused');
  await (await run.claim('evaluate')).succeed({ accepted: false });
  expect(await db.promotionRequest.findMany({ where: { identifier: 'refused' } })).toMatchObject([
    { verdict: 'refused', gates: [{ name: 'beats_naive', verdict: 'failed' }] },
  ]);
  expect(await db.promotion.count({ where: { identifier: 'refused' } })).toBe(0);
  expect((await run.step('evaluate')).outputs).toMatchObject({ promotion_id: null, serving: null });
});

it('asks for nothing when no candidate has finite metrics', async () => {
  const run = await readyToEvaluate('no-winner');
  await (await run.claim('evaluate')).succeed({ winner: null });
  expect(await db.promotionRequest.count({ where: { identifier: 'no-winner' } })).toBe(0);
  expect((await run.step('evaluate')).outputs).toMatchObject({ request_id: null, serving: null });
});

describe('a decision against a champion that no longer serves', () => {
  // The race: between the look at the champion and the decision somebody promotes. Written all the same, the decision
  // would undo a promotion that it never saw.
  it('is stale: nothing is written, and the step decides again', async () => {
    const identifier = 'stale';
    const run = await readyToEvaluate(identifier);
    const evaluate = await run.claim('evaluate');
    const decided = await evaluate.completion({ winner: 'GRU' });
    const between = await promoteModel(db, await versionOf(run, 'PROPHET'));

    const before = { states: await run.states(), history: await run.history() };
    expect(await evaluate.finish(decided)).toBe('stale');
    expect({ states: await run.states(), history: await run.history() }).toEqual(before);
    expect(await run.step('evaluate')).toMatchObject({
      state: 'RUNNING',
      attempt: 1,
      lease_token: evaluate.lease.lease_token,
      outputs: null,
    });
    expect(await db.attempt.findMany({ where: { run_id: run.id, step: 'evaluate' } })).toMatchObject([
      { outcome: null },
    ]);
    expect(await db.promotionRequest.count({ where: { pipeline_run_id: run.id } })).toBe(0);
    expect(await db.pointer.findUnique({ where: { identifier } })).toMatchObject({
      version: 1,
      promotion_id: between.id,
    });

    // The second look sees who serves now.
    expect(await evaluate.plan.input(evaluate.context)).toMatchObject({
      champion: { model_type: 'PROPHET', pointer_version: 1 },
    });
    expect(await evaluate.succeed({ winner: 'GRU' })).toBe('done');
    expect(await db.promotion.findMany({ where: { identifier }, orderBy: { version: 'asc' } })).toMatchObject(
      [{ model_type: 'PROPHET' }, { model_type: 'GRU', replaces: between.id }],
    );
  });

  it('is stale for one of two runs that decide at the same moment', async () => {
    const runs = [await readyToEvaluate('twins'), await readyToEvaluate('twins')] as const;
    const attempts = [await runs[0].claim('evaluate'), await runs[1].claim('evaluate')] as const;
    const endings = [await attempts[0].completion(), await attempts[1].completion()] as const;
    const held = [await holdRun(db, runs[0].id), await holdRun(db, runs[1].id)] as const;
    const finishing = [attempts[0].finish(endings[0]), attempts[1].finish(endings[1])];
    await waiting(db, 2);
    await Promise.all(held.map((lock) => lock.commit()));
    const statuses = await Promise.all(finishing);
    expect(statuses.toSorted()).toEqual(['done', 'stale']);
    expect(await attempts[statuses.indexOf('stale')]!.succeed()).toBe('done');
    expect(await db.promotion.count({ where: { identifier: 'twins' } })).toBe(2);
  });

  it('is stale for a refusal too: the new champion may be one that it beats', async () => {
    const run = await readyToEvaluate('refusal');
    const evaluate = await run.claim('evaluate');
    const decided = await evaluate.completion({ accepted: false });
    await promoteModel(db, await versionOf(run, 'PROPHET'));
    expect(await evaluate.finish(decided)).toBe('stale');
    expect(await db.promotionRequest.count({ where: { pipeline_run_id: run.id } })).toBe(0);
  });
});
