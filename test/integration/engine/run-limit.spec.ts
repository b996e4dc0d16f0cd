import { beforeEach, describe, expect, it } from 'vitest';
import { beginHeldRuns } from '../../../src/engine/begin-held-runs.js';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { dispatchForgotten, dispatchRun } from '../../../src/engine/dispatch.js';
import { lockIdentifier } from '../../../src/engine/run-limit.js';
import { testDatabase } from '../../database.js';
import { tryClaim } from '../../factories/attempt.js';
import { caller } from '../../factories/caller.js';
import { newSelftest, type TestRun } from '../../factories/run.js';
import { openTransaction } from '../../open-transaction.js';
import { recordedQueues } from '../../recorded-queues.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase({ max: 40 });
beforeEach(async () => {
  await db.pipelineRun.deleteMany();
});

const begin = (run: TestRun, limit = 1) =>
  tryClaim(db, { run_id: run.id, step: 'first', attempt: 1 }, 'worker', limit);
const pending = (run: TestRun) => ({ run: 'PENDING', first: 'QUEUED', id: run.id });
const stateOf = async (run: TestRun) => {
  const { run: state, first } = await run.states();
  return { run: state, first, id: run.id };
};

it.each([1, 3])('begins %i of twenty runs that are claimed at once', async (limit) => {
  const runs = await Promise.all(Array.from({ length: 20 }, () => newSelftest(db)));
  await Promise.all(runs.map((run) => begin(run, limit)));
  expect(await db.pipelineRun.count({ where: { state: 'RUNNING' } })).toBe(limit);
  expect(await db.step.count({ where: { state: 'RUNNING' } })).toBe(limit);
});

// The race: while the first run of all is being claimed, one of a higher priority is made, and is the first of those
// that its own claim sees waiting.
it('begins one of two runs although the second one overtakes the first while that is being claimed', async () => {
  const first = await newSelftest(db);
  const held = await openTransaction(
    db,
    (tx) => tx.$queryRaw`select 1 from steps where run_id = ${first.id}::uuid for update`,
  );
  const claimOfFirst = begin(first);
  await waiting(db, 1);
  const urgent = await newSelftest(db, { priority: 10 });
  const claimOfUrgent = begin(urgent);
  await waiting(db, 2);
  await held.rollBack();
  expect(await claimOfFirst).toBeDefined();
  expect(await claimOfUrgent).toBeUndefined();
  expect(await stateOf(urgent)).toEqual(pending(urgent));
});

it('counts each identifier by itself, and nothing without a limit', async () => {
  const runs = [await newSelftest(db), await newSelftest(db, { identifier: 'other' }), await newSelftest(db)];
  expect(await begin(runs[0]!)).toBeDefined();
  expect(await begin(runs[1]!)).toBeDefined();
  expect(await begin(runs[2]!)).toBeUndefined();
  expect(await stateOf(runs[2]!)).toEqual(pending(runs[2]!));
  const { id } = runs[2]!;
  expect(await tryClaim(db, { run_id: id, step: 'first', attempt: 1 })).toBeDefined();
});

it('lets a run that has begun go on with its other steps', async () => {
  const run = await newSelftest(db);
  await (await begin(run))?.succeed();
  const steps = await Promise.all(
    ['left', 'middle', 'right'].map((step) =>
      tryClaim(db, { run_id: run.id, step, attempt: 1 }, 'worker', 1),
    ),
  );
  expect(steps.every((step) => step !== undefined)).toBe(true);
});

it('begins those with the highest priority first, then the oldest', async () => {
  const old = await newSelftest(db);
  const urgent = await newSelftest(db, { priority: 10 });
  const young = await newSelftest(db);
  expect(await begin(old)).toBeUndefined();
  expect(await begin(young)).toBeUndefined();
  expect(await begin(urgent)).toBeDefined();
  await cancelRun(db, urgent.id, caller('ada'));
  expect(await begin(old)).toBeUndefined();
  await db.pipelineRun.update({ where: { id: urgent.id }, data: { state: 'CANCELED' } });
  expect(await begin(young)).toBeUndefined();
  expect(await begin(old)).toBeDefined();
});

describe('a run that has to wait', () => {
  it('is not handed to the queue again and again', async () => {
    const [first, second] = [await newSelftest(db), await newSelftest(db)];
    await begin(first);
    await dispatchRun(db, recordedQueues(), second.id);
    await begin(second);
    expect((await second.step('first')).dispatched_at).toBeNull();
    const queues = recordedQueues();
    expect(await dispatchForgotten(db, queues, 1)).toBe(0);
    expect(await dispatchForgotten(db, queues)).toBe(1);
  });

  it('is handed over as soon as the one before it has ended, and no sooner', async () => {
    const runs = [await newSelftest(db), await newSelftest(db), await newSelftest(db)];
    await begin(runs[0]!);
    for (const run of runs) await begin(run);
    const queues = recordedQueues();
    await beginHeldRuns(db, queues, runs[0]!.id, 1);
    expect(queues.jobs).toEqual([]);
    await db.pipelineRun.update({ where: { id: runs[0]!.id }, data: { state: 'SUCCEEDED' } });
    await beginHeldRuns(db, queues, runs[0]!.id, 1);
    expect(queues.jobs.map(({ payload }) => payload)).toEqual([
      { run_id: runs[1]!.id, step: 'first', attempt: 1 },
    ]);
    expect(await begin(runs[2]!)).toBeUndefined();
    expect(await begin(runs[1]!)).toBeDefined();
  });

  // The race: its claim counted the other run while that was going on, and gives the step back after the other has
  // ended. Whoever hands over what waits has to look after that.
  it('is handed over although its claim is being refused while the other one ends', async () => {
    const [first, second] = [await newSelftest(db), await newSelftest(db)];
    await begin(first);
    await dispatchRun(db, recordedQueues(), second.id);
    const claiming = await openTransaction(db, async (tx) => {
      await lockIdentifier(tx, second.identifier);
      await tx.step.updateMany({
        where: { run_id: second.id, name: 'first' },
        data: { dispatched_at: null },
      });
    });
    await db.pipelineRun.update({ where: { id: first.id }, data: { state: 'SUCCEEDED' } });
    const queues = recordedQueues();
    const beginning = beginHeldRuns(db, queues, first.id, 1);
    await waiting(db, 1);
    await claiming.commit();
    await beginning;
    expect(queues.jobs).toMatchObject([{ payload: { run_id: second.id } }]);
  });
});
