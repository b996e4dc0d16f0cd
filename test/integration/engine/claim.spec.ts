import { expect, it } from 'vitest';
import { leaseMs, tryClaim } from '../../factories/attempt.js';
import { newRun } from '../../factories/run.js';
import { testDatabase } from '../../database.js';

const { db } = await testDatabase();

it('gives an attempt to one of twenty workers that were handed its job at once', async () => {
  const run = await newRun(db);
  const ref = { run_id: run.id, step: 'preprocess', attempt: 1 };
  const claims = await Promise.all(Array.from({ length: 20 }, (_, n) => tryClaim(db, ref, `worker ${n}`)));
  const won = claims.filter((claim) => claim !== undefined);
  expect(won).toHaveLength(1);
  expect(await run.step('preprocess')).toMatchObject({
    state: 'RUNNING',
    lease_token: won[0]?.lease.lease_token,
  });
  expect(await db.attempt.count({ where: { run_id: run.id } })).toBe(1);
  expect(await run.history()).toEqual([
    'run PENDING',
    'preprocess QUEUED',
    'run RUNNING',
    'preprocess RUNNING',
  ]);
});

it('refuses the job of an attempt that is over, and one of an attempt that is not there yet', async () => {
  const run = await newRun(db);
  await (await run.claim('preprocess')).crash();
  for (const attempt of [1, 3]) {
    expect(await tryClaim(db, { run_id: run.id, step: 'preprocess', attempt })).toBeUndefined();
  }
  expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', attempt: 2 });
  expect(await tryClaim(db, { run_id: run.id, step: 'preprocess', attempt: 2 })).toBeDefined();
});

it('refuses the job of a step that is not queued', async () => {
  const run = await newRun(db);
  expect(await tryClaim(db, { run_id: run.id, step: 'train_gru', attempt: 1 })).toBeUndefined();
  await run.succeed('preprocess');
  expect(await tryClaim(db, { run_id: run.id, step: 'preprocess', attempt: 1 })).toBeUndefined();
});

it('refuses a job that is not due yet, by the clock of the database', async () => {
  const run = await newRun(db);
  const ref = { run_id: run.id, step: 'preprocess', attempt: 1 };
  await db.$executeRaw`
    update steps set not_before = clock_timestamp() + interval '1 hour'
    where run_id = ${run.id}::uuid and name = 'preprocess'`;
  expect(await tryClaim(db, ref)).toBeUndefined();
  expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', attempt: 1 });

  await db.$executeRaw`
    update steps set not_before = clock_timestamp() - interval '1 second'
    where run_id = ${run.id}::uuid and name = 'preprocess'`;
  expect(await tryClaim(db, ref)).toBeDefined();
});

it('gives a lease that ends, by the clock of the database, when it was asked to', async () => {
  const run = await newRun(db);
  const [before] = await db.$queryRaw<[{ now: Date }]>`select clock_timestamp() as now`;
  await run.claim('preprocess');
  const [after] = await db.$queryRaw<[{ now: Date }]>`select clock_timestamp() as now`;
  const { lease_expires_at } = await run.step('preprocess');
  // The column keeps whole milliseconds, rounded.
  expect(lease_expires_at?.getTime()).toBeGreaterThanOrEqual(before.now.getTime() + leaseMs);
  expect(lease_expires_at?.getTime()).toBeLessThanOrEqual(after.now.getTime() + leaseMs + 1);
});

it('opens a tracked run for every attempt of a trainer and for nothing else', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess');
  await (await run.claim('train_lstm')).crash();
  const { trackedRun } = await run.claim('train_lstm');
  const rows = await db.trackedRun.findMany({
    where: { pipeline_run_id: run.id },
    orderBy: { attempt: 'asc' },
  });
  expect(rows).toMatchObject([
    { step: 'train_lstm', attempt: 1, status: 'KILLED' },
    { step: 'train_lstm', attempt: 2, status: 'RUNNING', run_id: trackedRun?.run_id },
  ]);
});
