import { beforeEach, expect, it } from 'vitest';
import { finishStep } from '../../../src/engine/finish-step.js';
import { renewLeases } from '../../../src/engine/leases.js';
import { saveProgress } from '../../../src/engine/save-progress.js';
import { logMetrics } from '../../../src/engine/tracked-runs.js';
import { type AttemptEvent, resumeEvents, writeEvents } from '../../../src/engine/write-events.js';
import { crash, leaseMs, passingError, type TestAttempt } from '../../factories/attempt.js';
import { newRun, type TestRun } from '../../factories/run.js';
import { testDatabase } from '../../database.js';
import { expireLeases } from '../../expire-leases.js';
import { openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();

const point = { key: 'loss', value: 0.5, step: 1, timestamp: 1_700_000_000_000 };
const lines: AttemptEvent[] = [1, 2].map((place) => ({
  kind: 'log',
  place,
  age: 0,
  data: { level: 'info', message: `line ${place}` },
}));
const progress = { fraction: 0.5, message: 'half' };

let run: TestRun;
/** Its worker was paused past the end of its lease, and another one works on the step by now. */
let zombie: TestAttempt;
let successor: TestAttempt;
beforeEach(async () => {
  run = await newRun(db);
  await run.succeed('preprocess');
  zombie = await run.claim('train_gru', 'zombie');
  await zombie.lapse();
  await expireLeases(db);
  successor = await run.claim('train_gru', 'successor');
});

/** Everything that a worker can change of a run. */
const everything = async () => ({
  run: await db.pipelineRun.findUnique({
    where: { id: run.id },
    include: {
      steps: { orderBy: { position: 'asc' }, include: { attempts: true } },
      history: true,
      events: { orderBy: { number: 'asc' } },
    },
  }),
  tracked: await db.trackedRun.findMany({
    where: { pipeline_run_id: run.id },
    include: { metrics: true, latest_metrics: true, files: true, model_versions: true },
    orderBy: { attempt: 'asc' },
  }),
  projections: await db.projection.findMany({ orderBy: { key: 'asc' } }),
});

it('lets a zombie write no end of its attempt, whatever it was', async () => {
  const before = await everything();
  const endings = [
    await zombie.completion(),
    { outcome: 'FAILED', error: passingError } as const,
    crash,
    { outcome: 'CANCELED' } as const,
    { outcome: 'SHUTDOWN' } as const,
  ];
  for (const ending of endings) expect(await zombie.finish(ending)).toBe('lost');
  expect(await everything()).toEqual(before);
  expect(await successor.succeed()).toBe('done');
});

it('lets a zombie write no end either while nobody else has claimed the step yet', async () => {
  await successor.giveBack();
  const before = await everything();
  expect(await successor.succeed()).toBe('lost');
  expect(await zombie.succeed()).toBe('lost');
  expect(await everything()).toEqual(before);
});

it('drops the progress, the metrics and the lines of a zombie', async () => {
  await saveProgress(db, successor.lease, progress);
  const before = await everything();
  await saveProgress(db, zombie.lease, { fraction: 1, message: 'all' });
  await logMetrics(db, zombie.lease, [point]);
  expect(await writeEvents(db, zombie.lease, lines)).toBe(false);
  expect(await resumeEvents(db, zombie.lease, lines)).toBe(false);
  expect(await renewLeases(db, [zombie.lease], leaseMs)).toEqual(new Set());
  expect(await everything()).toEqual(before);

  await logMetrics(db, successor.lease, [point]);
  expect((await everything()).tracked.map(({ metrics }) => metrics.length)).toEqual([0, 1]);
});

it('ends the tracked run of a zombie as KILLED, and it stays so', async () => {
  await zombie.succeed();
  await successor.succeed();
  expect((await everything()).tracked).toMatchObject([
    { attempt: 1, status: 'KILLED', model_versions: [] },
    { attempt: 2, status: 'FINISHED', model_versions: [{ model_type: 'GRU' }] },
  ]);
});

// Attempts are numbered on at every claim, so a zombie has the wrong number already. The token is what holds when two
// workers have the same one: after a database was restored to a moment before their claims, say.
it('takes nothing for the right attempt with another token', async () => {
  const before = await everything();
  const stranger = { ...successor.lease, lease_token: zombie.lease.lease_token };
  expect(await finishStep(db, stranger, await successor.completion())).toBe('lost');
  await saveProgress(db, stranger, progress);
  await logMetrics(db, stranger, [point]);
  expect(await writeEvents(db, stranger, lines)).toBe(false);
  expect(await renewLeases(db, [stranger], leaseMs)).toEqual(new Set());
  expect(await everything()).toEqual(before);
});

it('takes a token for its own step only', async () => {
  const neighbour = await run.claim('train_lstm');
  const before = await everything();
  const borrowed = { ...neighbour.lease, step: 'train_gru', attempt: successor.lease.attempt };
  expect(await finishStep(db, borrowed, await successor.completion())).toBe('lost');
  await saveProgress(db, borrowed, progress);
  await logMetrics(db, borrowed, [point]);
  expect(await writeEvents(db, borrowed, lines)).toBe(false);
  expect(await renewLeases(db, [borrowed], leaseMs)).toEqual(new Set());
  expect(await everything()).toEqual(before);
});

// The race: the points are on their way while the lease is being given away. Either they are in before it is, or they
// are not written at all; never afterwards.
it('writes no metrics that overtake the loss of their lease', async () => {
  const takingAway = await openTransaction(db, async (tx) => {
    await tx.$executeRaw`
      update steps set state = 'QUEUED', attempt = attempt + 1, lease_token = null
      where run_id = ${run.id}::uuid and name = 'train_gru'`;
  });
  const writing = logMetrics(db, successor.lease, [point]);
  await waiting(db, 1);
  await takingAway.commit();
  await writing;
  expect(await db.metric.count({ where: { run: { pipeline_run_id: run.id } } })).toBe(0);
});

// The same race for lines, which are written behind the run's lock: they find it taken, wait, and must then look again.
it('writes no lines that waited for the run while their lease was given away', async () => {
  const before = await everything();
  const takingAway = await openTransaction(db, async (tx) => {
    await tx.$queryRaw`select 1 from pipeline_runs where id = ${run.id}::uuid for update`;
    await tx.$executeRaw`
      update steps set state = 'QUEUED', attempt = attempt + 1, lease_token = null
      where run_id = ${run.id}::uuid and name = 'train_gru'`;
  });
  const writing = writeEvents(db, successor.lease, lines);
  await waiting(db, 1);
  await takingAway.commit();
  expect(await writing).toBe(false);
  const after = await everything();
  expect(after.run?.events).toEqual(before.run?.events);
  expect(after.run?.last_event).toBe(before.run?.last_event);
});
