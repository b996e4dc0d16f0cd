import { expect, it } from 'vitest';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { retryRun } from '../../../src/engine/retry-run.js';
import { testDatabase } from '../../database.js';
import { tryClaim } from '../../factories/attempt.js';
import { caller } from '../../factories/caller.js';
import { newRun, trainers } from '../../factories/run.js';

const { db } = await testDatabase();

it('runs failed and skipped steps again, keeps what succeeded, and counts failures anew', async () => {
  const run = await newRun(db, { identifier: 'retried' });
  await run.succeed('preprocess');
  await (await run.claim('train_gru')).fail();
  await run.fail(...trainers);
  await retryRun(db, run.id, caller('ada'));
  expect(await run.states()).toEqual({
    run: 'RUNNING',
    preprocess: 'SUCCEEDED',
    train_gru: 'QUEUED',
    train_lstm: 'QUEUED',
    train_prophet: 'QUEUED',
    evaluate: 'PENDING',
    infer: 'PENDING',
  });
  expect(await run.step('train_gru')).toMatchObject({
    attempt: 3,
    failures: 0,
    crashes: 0,
    error: null,
    ended_at: null,
    not_before: null,
    dispatched_at: null,
  });
  expect((await run.row()).ended_at).toBeNull();

  await run.succeed(...trainers, 'evaluate', 'infer');
  expect(await run.states()).toMatchObject({ run: 'SUCCEEDED' });
  const attempts = await db.attempt.findMany({
    where: { run_id: run.id, step: 'train_gru' },
    orderBy: { number: 'asc' },
  });
  expect(attempts.map(({ number, outcome }) => `${number} ${outcome}`)).toEqual([
    '1 FAILED',
    '2 FAILED',
    '3 SUCCEEDED',
  ]);
});

it('goes on with a canceled run', async () => {
  const run = await newRun(db, { identifier: 'canceled' });
  await run.succeed('preprocess');
  await cancelRun(db, run.id, caller('ada'));
  await retryRun(db, run.id, caller('ada'));
  await run.succeed(...trainers, 'evaluate', 'infer');
  expect(await run.states()).toMatchObject({ run: 'SUCCEEDED' });
  expect(await db.promotion.count({ where: { pipeline_run_id: run.id } })).toBe(1);
});

it('begins anew: what ran shows the times and the progress of its new attempt alone', async () => {
  const run = await newRun(db, { identifier: 'anew' });
  await cancelRun(db, run.id, caller('ada'));
  expect(await run.row()).toMatchObject({ state: 'CANCELED', started_at: null });
  await retryRun(db, run.id, caller('ada'));
  expect((await run.row()).started_at).toBeInstanceOf(Date);

  await (await run.claim('preprocess')).fail({ permanent: true });
  const progress = { fraction: 0.6, message: 'half way' };
  await db.step.update({
    where: { run_id_name: { run_id: run.id, name: 'preprocess' } },
    data: { progress },
  });
  await retryRun(db, run.id, caller('ada'));
  expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', progress: null, started_at: null });
});

it('gives a step that was queued when it was canceled a new attempt, and refuses the old job', async () => {
  const run = await newRun(db);
  await cancelRun(db, run.id, caller('ada'));
  await retryRun(db, run.id, caller('ada'));
  expect(await tryClaim(db, { run_id: run.id, step: 'preprocess', attempt: 1 })).toBeUndefined();
  expect(await tryClaim(db, { run_id: run.id, step: 'preprocess', attempt: 2 })).toBeDefined();
});

it('promotes at most once, however often the steps behind evaluate are tried again', async () => {
  const run = await newRun(db, { identifier: 'once' });
  await run.succeed('preprocess', ...trainers, 'evaluate');
  await run.fail('infer');
  for (let times = 0; times < 2; times++) {
    await retryRun(db, run.id, caller('ada'));
    expect(await run.states()).toMatchObject({ evaluate: 'SUCCEEDED', infer: 'QUEUED' });
    await run.fail('infer');
  }
  expect(await db.promotion.count({ where: { pipeline_run_id: run.id } })).toBe(1);
});

it('refuses a run that has not ended, one that succeeded, and one that is being canceled', async () => {
  const pending = await newRun(db);
  await expect(retryRun(db, pending.id, caller('ada'))).rejects.toThrow('this one is PENDING');
  const running = await newRun(db);
  await running.claim('preprocess');
  await expect(retryRun(db, running.id, caller('ada'))).rejects.toThrow('this one is RUNNING');
  await cancelRun(db, running.id, caller('ada'));
  await expect(retryRun(db, running.id, caller('ada'))).rejects.toThrow('this one is CANCELING');
  const succeeded = await newRun(db, { identifier: 'done' });
  await succeeded.succeed('preprocess', ...trainers, 'evaluate', 'infer');
  await expect(retryRun(db, succeeded.id, caller('ada'))).rejects.toMatchObject({ code: 'conflict' });
});

it('is done once when it is asked for twice at once', async () => {
  const run = await newRun(db);
  await run.fail('preprocess');
  const asked = await Promise.allSettled([
    retryRun(db, run.id, caller('ada')),
    retryRun(db, run.id, caller('bob')),
  ]);
  expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', attempt: 2 });
});
