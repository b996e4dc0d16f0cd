import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { reconcile, type ReconcileDeps } from '../../../src/engine/reconcile.js';
import { startReconciler } from '../../../src/engine/reconciler.js';
import { testDatabase } from '../../database.js';
import { newRun, newSelftest, trainers, type TestRun } from '../../factories/run.js';
import { openTransaction } from '../../open-transaction.js';
import { recordedQueues } from '../../recorded-queues.js';
import { eventually } from '../eventually.js';

const { db } = await testDatabase();

/** As long as the database of these tests has certainly been up. */
const leaseMs = 1;
const calm = leaseMs + 1;

let queues: ReturnType<typeof recordedQueues>;
let errors: unknown[];
let deps: ReconcileDeps;
beforeEach(async () => {
  queues = recordedQueues();
  errors = [];
  deps = { db, queues, actor: 'reconciler', leaseMs, onError: (error) => errors.push(error) };
  // What earlier tests left to be done is none of this one's business.
  await db.$executeRaw`update steps set dispatched_at = clock_timestamp()`;
});

const fail = (error: unknown) => {
  throw error;
};
const jobsOf = ({ id }: TestRun) => queues.jobs.map((job) => job.id).filter((jobId) => jobId.startsWith(id));
const setStates = async (run: TestRun, states: Record<string, string>) => {
  for (const [name, state] of Object.entries(states)) {
    await db.$executeRaw`
      update steps set state = ${state}::step_state where run_id = ${run.id}::uuid and name = ${name}`;
  }
};

describe('a run that stands still for whatever reason', () => {
  it('goes on when its next step was not freed', async () => {
    const run = await newSelftest(db);
    await run.succeed('first', 'left', 'middle');
    await setStates(run, { right: 'SUCCEEDED' });
    await reconcile(deps, calm);
    expect(await run.states()).toMatchObject({ join: 'QUEUED' });
    expect(jobsOf(run)).toEqual([`${run.id}.join.1`]);
  });

  it('ends when all its steps have ended', async () => {
    const run = await newSelftest(db);
    await run.succeed('first', 'left', 'middle', 'right', 'join');
    await setStates(run, { last: 'SUCCEEDED' });
    await reconcile(deps, calm);
    expect(await run.states()).toMatchObject({ run: 'SUCCEEDED' });
  });

  it('is canceled when it was asked to and nothing of it runs', async () => {
    const run = await newSelftest(db);
    await run.succeed('first');
    await setStates(run, { left: 'CANCELED', middle: 'CANCELED', right: 'CANCELED', join: 'CANCELED' });
    await setStates(run, { last: 'CANCELED' });
    await db.$executeRaw`update pipeline_runs set state = 'CANCELING' where id = ${run.id}::uuid`;
    await reconcile(deps, calm);
    expect(await run.states()).toMatchObject({ run: 'CANCELED' });
  });

  it('is left alone as long as something of it is queued or running', async () => {
    const run = await newSelftest(db);
    await run.succeed('first');
    await run.claim('left');
    const before = await run.history();
    await reconcile(deps, calm);
    await reconcile(deps, calm);
    expect(await run.history()).toEqual(before);
  });
});

it('gives no lease away until the database has been back for one whole lease', async () => {
  const run = await newSelftest(db);
  await (await run.claim('first')).lapse();
  await reconcile(deps, leaseMs);
  expect(await run.states()).toMatchObject({ first: 'RUNNING' });
  // PostgreSQL itself has not been up for a lease of a year: it may just have recovered from its own crash.
  const year = 365 * 24 * 3_600_000;
  await reconcile({ ...deps, leaseMs: year }, year + 1);
  expect(await run.states()).toMatchObject({ first: 'RUNNING' });
  await reconcile(deps, calm);
  expect(await run.states()).toMatchObject({ first: 'QUEUED' });
});

it('does nothing while another process is at it', async () => {
  const run = await newSelftest(db);
  await db.$executeRaw`update steps set dispatched_at = null where run_id = ${run.id}::uuid`;
  const other = await openTransaction(
    db,
    (tx) => tx.$queryRaw`select pg_advisory_xact_lock(${0x7261_696c})::text`,
  );
  await reconcile(deps, calm);
  expect(queues.jobs).toEqual([]);
  await other.commit();
  await reconcile(deps, calm);
  expect(jobsOf(run)).toEqual([`${run.id}.first.1`]);
});

it('goes on giving leases away while the queue is away, and says that it is', async () => {
  const add = () => Promise.reject(new Error('the queue is away'));
  const waiting = await newSelftest(db);
  await db.$executeRaw`update steps set dispatched_at = null where run_id = ${waiting.id}::uuid`;
  const late = await newSelftest(db);
  await (await late.claim('first')).lapse();
  const faults: unknown[] = [];
  const reconciler = startReconciler(
    { ...deps, leaseMs: 50, queues: { ...queues, add } },
    { intervalMs: 5, onError: (error) => faults.push(error) },
  );
  onTestFinished(() => reconciler.stop());
  await eventually('the lease was given away', async () => (await late.step('first')).state === 'QUEUED');
  expect(errors[0]).toMatchObject({ message: 'the queue is away' });
  expect(faults).toEqual([]);
});

it('hands over no step of a kind that only another version of the code has, and all others', async () => {
  const foreign = await newSelftest(db);
  const known = await newSelftest(db);
  await db.$executeRaw`update steps set dispatched_at = null where name = 'first'`;
  await db.$executeRaw`update steps set kind = 'dance' where run_id = ${foreign.id}::uuid`;
  await reconcile(deps, calm);
  expect(jobsOf(foreign)).toEqual([]);
  expect(jobsOf(known)).toEqual([`${known.id}.first.1`]);
  expect(errors).toEqual([]);
});

it('lets no run that it cannot handle keep the others waiting', async () => {
  const broken = await newRun(db, { identifier: 'broken' });
  await broken.succeed('preprocess', ...trainers, 'evaluate');
  // Written by another version of the code, say: infer asks for it, and this one cannot read it.
  await db.$executeRaw`
    update steps set outputs = '{}'::jsonb where run_id = ${broken.id}::uuid and name = 'evaluate'`;
  await setStates(broken, { infer: 'PENDING', train_gru: 'QUEUED' });
  await db.$executeRaw`
    update steps set attempt = 2 where run_id = ${broken.id}::uuid and name = 'train_gru'`;
  await (await broken.claim('train_gru')).lapse();
  const late = await newSelftest(db);
  await (await late.claim('first')).lapse();
  const stuck = await newSelftest(db);
  await stuck.succeed('first', 'left', 'middle');
  await setStates(stuck, { right: 'SUCCEEDED' });

  await reconcile(deps, calm);
  expect(await late.states()).toMatchObject({ first: 'QUEUED' });
  expect(await stuck.states()).toMatchObject({ join: 'QUEUED' });
  expect(jobsOf(stuck)).toEqual([`${stuck.id}.join.1`]);
  // Its late lease, and then the run itself.
  expect(errors.length).toBeGreaterThan(0);
  await db.pipelineRun.update({ where: { id: broken.id }, data: { state: 'FAILED' } });
  await setStates(broken, { train_gru: 'FAILED' });
});

describe('the reconciler', () => {
  it('goes on after a turn that failed', async () => {
    const run = await newSelftest(db);
    await db.$executeRaw`update steps set dispatched_at = null where run_id = ${run.id}::uuid`;
    let turns = 0;
    const faults: unknown[] = [];
    const add: typeof queues.add = (jobs) =>
      ++turns === 1 ? Promise.reject(new Error('the queue is away')) : queues.add(jobs);
    const reconciler = startReconciler(
      // What cannot be reported ends the turn.
      { ...deps, queues: { ...queues, add }, onError: fail },
      { intervalMs: 5, onError: (error) => faults.push(error) },
    );
    onTestFinished(() => reconciler.stop());
    await eventually('the step was handed over', () => jobsOf(run).length > 0);
    expect(faults).toMatchObject([{ message: 'the queue is away' }]);
  });

  it('is at rest when it has been stopped', async () => {
    const reconciler = startReconciler(deps, { intervalMs: 3_600_000, onError: () => {} });
    await reconciler.stop();
    const run = await newSelftest(db);
    expect(jobsOf(run)).toEqual([]);
  });
});
