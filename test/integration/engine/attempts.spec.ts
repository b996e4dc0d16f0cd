import { expect, it } from 'vitest';
import { retryLimits } from '../../../src/engine/retry-policy.js';
import { testDatabase } from '../../database.js';
import { newRun, type TestRun } from '../../factories/run.js';

const { db } = await testDatabase();

const outcomes = async (run: TestRun, step: string) => {
  const rows = await db.attempt.findMany({ where: { run_id: run.id, step }, orderBy: { number: 'asc' } });
  return rows.map(({ number, outcome }) => `${number} ${outcome}`);
};

/** Milliseconds by which the step's next attempt is put off. */
const backOff = async (run: TestRun, step: string) => {
  const { not_before } = await run.step(step);
  const { ended_at } = await db.attempt.findFirstOrThrow({
    where: { run_id: run.id, step },
    orderBy: { number: 'desc' },
  });
  return (not_before?.getTime() ?? 0) - (ended_at?.getTime() ?? 0);
};

it('tries a failed attempt again, later each time, and fails the step with the last', async () => {
  const run = await newRun(db);
  for (const longest of [1_000, 2_000]) {
    await (await run.claim('preprocess')).fail();
    expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', crashes: 0, ended_at: null });
    const pause = await backOff(run, 'preprocess');
    expect(pause).toBeGreaterThanOrEqual(longest / 2);
    expect(pause).toBeLessThanOrEqual(longest);
  }
  await (await run.claim('preprocess')).fail({ message: 'for the last time' });
  expect(await run.step('preprocess')).toMatchObject({
    state: 'FAILED',
    attempt: retryLimits.failures,
    failures: retryLimits.failures,
    error: { message: 'for the last time', permanent: false },
    ended_at: expect.any(Date) as Date,
    lease_token: null,
  });
  expect(await outcomes(run, 'preprocess')).toEqual(['1 FAILED', '2 FAILED', '3 FAILED']);
});

it('tries for longer while something that the step needs is away, and counts that apart', async () => {
  const run = await newRun(db);
  for (let outages = 1; outages < retryLimits.outages; outages++) {
    await (await run.claim('preprocess')).fail({ code: 'unavailable' });
    expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', outages, failures: 0 });
  }
  expect(await backOff(run, 'preprocess')).toBeGreaterThanOrEqual(30_000);
  await (await run.claim('preprocess')).fail();
  expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', failures: 1 });
  expect(await backOff(run, 'preprocess')).toBeLessThanOrEqual(1_000);
  await (await run.claim('preprocess')).fail({ code: 'unavailable' });
  expect(await run.step('preprocess')).toMatchObject({ state: 'FAILED', outages: 60, failures: 1 });
});

it('does not try again what would fail again', async () => {
  const run = await newRun(db);
  await (await run.claim('preprocess')).fail({ code: 'not_finite', permanent: true });
  expect(await run.step('preprocess')).toMatchObject({ state: 'FAILED', attempt: 1, failures: 1 });
});

it('counts crashes apart from failures, and tries again at once after one', async () => {
  const run = await newRun(db);
  await (await run.claim('preprocess')).fail();
  await (await run.claim('preprocess')).fail();
  for (let crashes = 1; crashes < retryLimits.crashes; crashes++) {
    await (await run.claim('preprocess')).crash();
    expect(await run.step('preprocess')).toMatchObject({
      state: 'QUEUED',
      failures: 2,
      crashes,
      not_before: null,
    });
  }
  await (await run.claim('preprocess')).crash();
  expect(await run.step('preprocess')).toMatchObject({
    state: 'FAILED',
    attempt: 7,
    crashes: 5,
    failures: 2,
  });
});

it('counts an attempt that a stopping worker gave back as nothing, however often', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess');
  for (let times = 0; times < 7; times++) await (await run.claim('train_gru')).giveBack();
  expect(await run.step('train_gru')).toMatchObject({
    state: 'QUEUED',
    attempt: 8,
    failures: 0,
    crashes: 0,
    not_before: null,
    error: null,
  });
  expect(new Set(await outcomes(run, 'train_gru'))).toEqual(
    new Set([1, 2, 3, 4, 5, 6, 7].map((number) => `${number} CANCELED`)),
  );
  await run.succeed('train_gru');
});

it('says in the history why an attempt ended', async () => {
  const run = await newRun(db);
  await (await run.claim('preprocess', 'worker-7')).fail({ message: 'the disk is full' });
  const last = await db.stateChange.findFirst({ where: { run_id: run.id }, orderBy: { number: 'desc' } });
  expect(last).toMatchObject({
    step: 'preprocess',
    state: 'QUEUED',
    actor: 'worker-7',
    reason: 'the disk is full',
  });
});

it('ends the tracked run of an attempt as the attempt ended', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess');
  await (await run.claim('train_gru')).fail();
  await (await run.claim('train_gru')).crash();
  await (await run.claim('train_gru')).giveBack();
  await (await run.claim('train_gru')).succeed();
  const rows = await db.trackedRun.findMany({
    where: { pipeline_run_id: run.id },
    orderBy: { attempt: 'asc' },
  });
  expect(rows.map(({ status }) => status)).toEqual(['FAILED', 'KILLED', 'KILLED', 'FINISHED']);
  expect(rows.every(({ end_time }) => end_time !== null)).toBe(true);
});

it('writes nothing of a completion whose effects fail', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess');
  const attempt = await run.claim('train_gru');
  const ending = await attempt.completion();
  if (ending.outcome !== 'SUCCEEDED') throw new Error('not reached');
  await expect(attempt.finish({ ...ending, trackedRun: null })).rejects.toThrow('without a tracked run');
  expect(await run.states()).toMatchObject({ train_gru: 'RUNNING' });
  expect(await db.modelVersion.count({ where: { run: { pipeline_run_id: run.id } } })).toBe(0);
  expect(await attempt.succeed()).toBe('done');
});
