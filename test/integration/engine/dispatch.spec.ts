import { afterAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { stepKinds } from '../../../src/contracts/states.js';
import { dispatchForgotten, dispatchRun } from '../../../src/engine/dispatch.js';
import { StepRef } from '../../../src/engine/step-ref.js';
import { openStepQueues } from '../../../src/platform/queue/step-queues.js';
import { startStepWorker } from '../../../src/platform/queue/step-worker.js';
import { bullQueues, emptyQueues } from '../../bull-queues.js';
import { testDatabase } from '../../database.js';
import { tryClaim } from '../../factories/attempt.js';
import { newRun, newSelftest, type TestRun } from '../../factories/run.js';
import { recordedQueues } from '../../recorded-queues.js';
import { eventually } from '../eventually.js';

const { db, url } = await testDatabase();
const errors: Error[] = [];
const queues = await openStepQueues({ databaseUrl: url }, stepKinds, (error) => errors.push(error));
const bull = bullQueues(url);
afterAll(async () => {
  await queues.close();
  expect(errors).toEqual([]);
});

beforeEach(() => emptyQueues(bull));

const jobIds = async () => {
  const jobs = await Promise.all(bull.map((queue) => queue.getJobs(['waiting', 'delayed', 'prioritized'])));
  return jobs
    .flat()
    .map(({ id }) => id ?? '')
    .sort();
};

/** As if the jobs had been handed over so long ago. */
const dispatchedAgo = (run: TestRun, seconds: number) =>
  db.$executeRaw`
    update steps set dispatched_at = clock_timestamp() - ${seconds} * interval '1 second'
    where run_id = ${run.id}::uuid and dispatched_at is not null`;

// The first, because the runs of the others have lost their jobs.
it('leaves what waits to a queue that has lost nothing', async () => {
  const runs = [await newRun(db), await newRun(db)];
  for (const run of runs) {
    await dispatchRun(db, queues, run.id);
    await dispatchedAgo(run, 60);
  }
  expect(await dispatchForgotten(db, queues)).toBe(0);
  const [lost] = await Promise.all(bull.map((queue) => queue.getJob(`${runs[0]!.id}.preprocess.1`)));
  await lost?.remove();
  expect(await dispatchForgotten(db, queues)).toBe(2);
  expect(await jobIds()).toEqual(runs.map(({ id }) => `${id}.preprocess.1`).sort());
  // They would be forgotten in the tests that follow.
  await db.pipelineRun.deleteMany({ where: { id: { in: runs.map(({ id }) => id) } } });
});

it('hands over every queued step of a run, once, although it is done twice at the same time', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess');
  await Promise.all([dispatchRun(db, queues, run.id), dispatchRun(db, queues, run.id)]);
  await dispatchRun(db, queues, run.id);
  expect(await jobIds()).toEqual([
    `${run.id}.train_gru.1`,
    `${run.id}.train_lstm.1`,
    `${run.id}.train_prophet.1`,
  ]);
  expect((await run.step('train_gru')).dispatched_at).not.toBeNull();
  expect((await run.step('evaluate')).dispatched_at).toBeNull();
});

it('hands over again what a queue lost, after ten seconds and not before', async () => {
  const run = await newRun(db);
  await dispatchRun(db, queues, run.id);
  await emptyQueues(bull);
  await dispatchedAgo(run, 9);
  await dispatchForgotten(db, queues);
  expect(await jobIds()).toEqual([]);
  await dispatchedAgo(run, 11);
  await dispatchForgotten(db, queues);
  expect(await jobIds()).toEqual([`${run.id}.preprocess.1`]);
});

it('adds no second job for one that still waits', async () => {
  const run = await newRun(db);
  await dispatchRun(db, queues, run.id);
  await dispatchedAgo(run, 11);
  await dispatchForgotten(db, queues);
  expect(await jobIds()).toEqual([`${run.id}.preprocess.1`]);
});

it('gives the next attempt a job of its own', async () => {
  const run = await newRun(db);
  await dispatchRun(db, queues, run.id);
  await (await run.claim('preprocess')).crash();
  await dispatchRun(db, queues, run.id);
  expect(await jobIds()).toEqual([`${run.id}.preprocess.1`, `${run.id}.preprocess.2`]);
});

it('delays the job of an attempt that backs off until it is due', async () => {
  const run = await newRun(db);
  await (await run.claim('preprocess')).fail();
  await db.$executeRaw`
    update steps set not_before = clock_timestamp() + interval '1 hour'
    where run_id = ${run.id}::uuid and name = 'preprocess'`;
  await dispatchForgotten(db, queues);
  expect((await jobIds()).filter((id) => id.startsWith(run.id))).toEqual([]);
  await dispatchRun(db, queues, run.id);
  const job = await bull[0]!.getJob(`${run.id}.preprocess.2`);
  expect(job?.delay).toBeGreaterThan(3_590_000);
  expect(job?.delay).toBeLessThanOrEqual(3_600_000);
});

it('leaves a step to be handed over later when the queue does not take it', async () => {
  const run = await newRun(db);
  const broken = { ...recordedQueues(), add: () => Promise.reject(new Error('the queue is away')) };
  await expect(dispatchRun(db, broken, run.id)).rejects.toThrow('the queue is away');
  expect((await run.step('preprocess')).dispatched_at).toBeNull();
  await dispatchForgotten(db, queues);
  expect(await jobIds()).toEqual([`${run.id}.preprocess.1`]);
});

// A job whose id still exists is silently not added: were finished jobs kept, a step whose job was taken but whose
// claim was refused would wait for ever.
it('delivers the same attempt again after its job was taken and nothing came of it', async () => {
  const run = await newRun(db);
  let deliveries = 0;
  const settings = { databaseUrl: url, kind: 'preprocess', concurrency: 1, onError: () => {} };
  const worker = await startStepWorker(settings, () => {
    deliveries += 1;
    return deliveries === 1 ? Promise.resolve() : Promise.reject(new Error('passing'));
  });
  onTestFinished(() => worker.close());
  for (const times of [1, 2, 3]) {
    await dispatchRun(db, queues, run.id);
    await dispatchedAgo(run, 11);
    await dispatchForgotten(db, queues);
    await eventually(`delivery ${times}`, () => deliveries >= times);
    await eventually('the job is gone', async () => (await bull[0]!.getJobCountByTypes('active')) === 0);
  }
});

it('carries a whole run through, one job after another', async () => {
  const run = await newSelftest(db);
  const workers = await Promise.all(
    stepKinds.map((kind) =>
      startStepWorker(
        { databaseUrl: url, kind, concurrency: 2, onError: (error) => errors.push(error) },
        async (payload) => {
          const attempt = await tryClaim(db, StepRef.parse(payload));
          await attempt?.succeed();
          await dispatchRun(db, queues, run.id);
        },
      ),
    ),
  );
  onTestFinished(async () => void (await Promise.all(workers.map((worker) => worker.close()))));
  await dispatchRun(db, queues, run.id);
  await eventually('the run has succeeded', async () => (await run.row()).state === 'SUCCEEDED');
  expect(await db.attempt.count({ where: { run_id: run.id } })).toBe(6);
});
