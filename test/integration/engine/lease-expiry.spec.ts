import { expect, it } from 'vitest';
import { renewLeases } from '../../../src/engine/leases.js';
import { testDatabase } from '../../database.js';
import { expireLeases } from '../../expire-leases.js';
import { leaseMs } from '../../factories/attempt.js';
import { newRun } from '../../factories/run.js';
import { holdRun, openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();

it('counts an attempt whose lease ran out as a crash and queues the next one at once', async () => {
  const run = await newRun(db);
  const lost = await run.claim('preprocess', 'worker-7');
  expect(await expireLeases(db)).toEqual([]);
  await lost.lapse();
  expect(await expireLeases(db)).toEqual([run.id]);
  expect(await run.step('preprocess')).toMatchObject({
    state: 'QUEUED',
    attempt: 2,
    crashes: 1,
    failures: 0,
    not_before: null,
    lease_token: null,
    lease_expires_at: null,
    dispatched_at: null,
    error: { code: 'crashed', message: 'the worker worker-7 did not renew its lease' },
  });
  expect(await db.attempt.findMany({ where: { run_id: run.id } })).toMatchObject([
    { number: 1, worker: 'worker-7', outcome: 'CRASHED', ended_at: expect.any(Date) as Date },
  ]);
  expect(await expireLeases(db)).toEqual([]);
});

it('keeps a lease alive that is renewed, and only that one', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess');
  const [kept, lost] = [await run.claim('train_gru'), await run.claim('train_lstm')];
  await kept.lapse();
  await lost.lapse();
  expect(await renewLeases(db, [kept.lease], leaseMs)).toEqual(new Set([kept.lease.lease_token]));
  await expireLeases(db);
  expect(await run.states()).toMatchObject({ train_gru: 'RUNNING', train_lstm: 'QUEUED' });
});

it('leaves an attempt alone whose end was written before the expiry had the lock', async () => {
  const run = await newRun(db);
  const late = await run.claim('preprocess');
  await late.lapse();
  const ending = await late.completion();
  // Holds the expiry between its list of late leases and the run's lock.
  const held = await holdRun(db, run.id);
  const finishing = late.finish(ending);
  await waiting(db, 1);
  const expiring = expireLeases(db);
  await waiting(db, 2);
  await held.commit();
  expect(await finishing).toBe('done');
  expect(await expiring).toEqual([]);
  expect(await run.states()).toMatchObject({ preprocess: 'SUCCEEDED', train_gru: 'QUEUED' });
});

it('leaves a lease alone whose renewal is under way', async () => {
  const run = await newRun(db);
  const late = await run.claim('preprocess');
  await late.lapse();
  const renewal = await openTransaction(db, (tx) => {
    return tx.$executeRaw`
      update steps set lease_expires_at = clock_timestamp() + interval '1 minute'
      where lease_token = ${late.lease.lease_token}::uuid`;
  });
  const expiring = expireLeases(db);
  await waiting(db, 1);
  await renewal.commit();
  expect(await expiring).toEqual([]);
  expect(await run.states()).toMatchObject({ preprocess: 'RUNNING' });
});

it('renews nothing once the expiry has the step, and says so', async () => {
  const run = await newRun(db);
  const late = await run.claim('preprocess');
  await late.lapse();
  // Stops the expiry after it took the step's row: the attempt's row is the next thing it wants.
  const attempt = await openTransaction(
    db,
    (tx) => tx.$queryRaw`select 1 from attempts where run_id = ${run.id}::uuid for update`,
  );
  const expiring = expireLeases(db);
  await waiting(db, 1);
  const renewing = renewLeases(db, [late.lease], leaseMs);
  await waiting(db, 2);
  await attempt.commit();
  expect(await expiring).toEqual([run.id]);
  expect(await renewing).toEqual(new Set());
  expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', attempt: 2 });
});

it('gives each of many late leases away once, although two reconcilers look at once', async () => {
  const runs = await Promise.all(Array.from({ length: 8 }, () => newRun(db)));
  for (const run of runs) await (await run.claim('preprocess')).lapse();
  const expired = await Promise.all([expireLeases(db, 'one'), expireLeases(db, 'two')]);
  expect(expired.flat().sort()).toEqual(runs.map(({ id }) => id).sort());
  for (const run of runs) {
    expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', attempt: 2, crashes: 1 });
  }
});
