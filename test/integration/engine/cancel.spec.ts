import { describe, expect, it } from 'vitest';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { cancelingRuns } from '../../../src/engine/leases.js';
import { testDatabase } from '../../database.js';
import { expireLeases } from '../../expire-leases.js';
import { passingError, tryClaim } from '../../factories/attempt.js';
import { caller } from '../../factories/caller.js';
import { newRun, trainers } from '../../factories/run.js';
import { holdRun } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();

it('cancels a run that nobody has begun with at once', async () => {
  const run = await newRun(db);
  await cancelRun(db, run.id, caller('ada'));
  const states = await run.states();
  expect(new Set(Object.values(states))).toEqual(new Set(['CANCELED']));
  expect((await run.row()).ended_at).not.toBeNull();
  expect(await tryClaim(db, { run_id: run.id, step: 'preprocess', attempt: 1 })).toBeUndefined();
});

it('cancels what waits, and the run when the last running step has stopped', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess');
  const [gru, lstm] = [await run.claim('train_gru'), await run.claim('train_lstm')];
  await cancelRun(db, run.id, caller('ada'));
  expect(await run.states()).toEqual({
    run: 'CANCELING',
    preprocess: 'SUCCEEDED',
    train_gru: 'RUNNING',
    train_lstm: 'RUNNING',
    train_prophet: 'CANCELED',
    evaluate: 'CANCELED',
    infer: 'CANCELED',
  });
  expect(await cancelingRuns(db, [run.id])).toEqual(new Set([run.id]));

  expect(await gru.finish({ outcome: 'CANCELED' })).toBe('done');
  expect(await run.states()).toMatchObject({ run: 'CANCELING', train_gru: 'CANCELED' });
  expect(await lstm.finish({ outcome: 'CANCELED' })).toBe('done');
  expect(await run.states()).toMatchObject({ run: 'CANCELED', train_lstm: 'CANCELED' });
  expect(await cancelingRuns(db, [run.id])).toEqual(new Set());
  const statuses = await db.trackedRun.findMany({ where: { pipeline_run_id: run.id } });
  expect(statuses.map(({ status }) => status)).toEqual(['KILLED', 'KILLED']);
});

it('cancels a run between two steps at once', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess');
  await cancelRun(db, run.id, caller('ada'));
  expect(await run.states()).toMatchObject({ run: 'CANCELED', preprocess: 'SUCCEEDED', infer: 'CANCELED' });
});

it('changes nothing when it is asked again', async () => {
  const run = await newRun(db);
  const attempt = await run.claim('preprocess');
  await cancelRun(db, run.id, caller('ada'));
  const canceling = await run.history();
  await cancelRun(db, run.id, caller('ada'));
  expect(await run.history()).toEqual(canceling);
  await attempt.finish({ outcome: 'CANCELED' });
  const canceled = await run.history();
  await cancelRun(db, run.id, caller('ada'));
  expect(await run.history()).toEqual(canceled);
});

it('refuses a run that has ended, and one that is not there', async () => {
  const failed = await newRun(db);
  await failed.fail('preprocess');
  await expect(cancelRun(db, failed.id, caller('ada'))).rejects.toMatchObject({ code: 'conflict' });
  const succeeded = await newRun(db, { identifier: 'ended' });
  await succeeded.succeed('preprocess', ...trainers, 'evaluate', 'infer');
  await expect(cancelRun(db, succeeded.id, caller('ada'))).rejects.toThrow('already ended: SUCCEEDED');
  const nowhere = '00000000-0000-7000-8000-000000000000';
  await expect(cancelRun(db, nowhere, caller('ada'))).rejects.toMatchObject({ code: 'not_found' });
});

describe('a run that is being canceled', () => {
  it('ends although the worker of its running step is gone', async () => {
    const run = await newRun(db);
    const attempt = await run.claim('preprocess');
    await cancelRun(db, run.id, caller('ada'));
    await attempt.lapse();
    await expireLeases(db);
    expect(await run.states()).toMatchObject({ run: 'CANCELED', preprocess: 'CANCELED' });
    expect(await run.step('preprocess')).toMatchObject({ attempt: 1, crashes: 0 });
  });

  it('tries no failed, crashed or returned attempt again', async () => {
    for (const ending of [
      { outcome: 'FAILED', error: passingError },
      { outcome: 'CRASHED', error: passingError },
      { outcome: 'SHUTDOWN' },
    ] as const) {
      const run = await newRun(db);
      const attempt = await run.claim('preprocess');
      await cancelRun(db, run.id, caller('ada'));
      expect(await attempt.finish(ending)).toBe('done');
      expect(await run.states()).toMatchObject({ run: 'CANCELED', preprocess: 'CANCELED' });
      expect(await run.step('preprocess')).toMatchObject({ failures: 0, crashes: 0, attempt: 1 });
    }
  });

  it('registers no model that is finished after the cancel', async () => {
    const run = await newRun(db, { identifier: 'too-late' });
    await run.succeed('preprocess');
    const attempt = await run.claim('train_gru');
    await cancelRun(db, run.id, caller('ada'));
    expect(await attempt.succeed()).toBe('done');
    expect(await run.states()).toMatchObject({ run: 'CANCELED', train_gru: 'CANCELED' });
    expect(await db.modelVersion.count({ where: { name: 'too-late' } })).toBe(0);
  });
});

// The race: evaluate decides while somebody cancels. Whichever has the run's lock first is right: a promotion before
// the cancel stands, one after it does not happen.
describe('a cancel while evaluate is finishing', () => {
  async function race(identifier: string, first: 'cancel' | 'finish') {
    const run = await newRun(db, { identifier });
    await run.succeed('preprocess', ...trainers);
    const evaluate = await run.claim('evaluate');
    const ending = await evaluate.completion();
    const held = await holdRun(db, run.id);
    const doing = {
      cancel: () => cancelRun(db, run.id, caller('ada')),
      finish: () => evaluate.finish(ending),
    };
    const begun = [doing[first]()] as Promise<unknown>[];
    await waiting(db, 1);
    begun.push(doing[first === 'cancel' ? 'finish' : 'cancel']());
    await waiting(db, 2);
    await held.commit();
    await Promise.all(begun);
    return run;
  }

  it('promotes nothing when the cancel was first', async () => {
    const run = await race('cancel-first', 'cancel');
    expect(await run.states()).toMatchObject({ run: 'CANCELED', evaluate: 'CANCELED', infer: 'CANCELED' });
    expect(await db.promotion.count({ where: { identifier: 'cancel-first' } })).toBe(0);
    expect(await db.promotionRequest.count({ where: { identifier: 'cancel-first' } })).toBe(0);
    expect(await db.pointer.findUnique({ where: { identifier: 'cancel-first' } })).toBeNull();
  });

  it('keeps the promotion, and cancels the rest, when evaluate was first', async () => {
    const run = await race('finish-first', 'finish');
    expect(await run.states()).toMatchObject({ run: 'CANCELED', evaluate: 'SUCCEEDED', infer: 'CANCELED' });
    expect(await db.promotion.count({ where: { pipeline_run_id: run.id } })).toBe(1);
  });
});
