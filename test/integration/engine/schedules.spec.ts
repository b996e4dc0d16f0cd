import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/contracts/app-error.js';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { fireSchedule, maxWaiting } from '../../../src/engine/schedules/fire-schedule.js';
import { fireDueSchedules } from '../../../src/engine/schedules/scheduler.js';
import { triggerSchedule } from '../../../src/engine/schedules/trigger-schedule.js';
import type { Schedule } from '../../../src/generated/prisma/client.js';
import { inTransaction } from '../../../src/platform/database/transaction.js';
import { testDatabase } from '../../database.js';
import { tryClaim } from '../../factories/attempt.js';
import { caller } from '../../factories/caller.js';
import { dueSchedule, makeDue, schedulerDeps } from '../../factories/schedule.js';
import { openTransaction } from '../../open-transaction.js';
import { recordedQueues } from '../../recorded-queues.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();
const deps = schedulerDeps(db);
afterEach(async () => {
  await db.schedule.deleteMany();
});

const again = ({ id }: { id: string }) => db.schedule.findUniqueOrThrow({ where: { id } });
const runsOf = ({ id }: { id: string }) =>
  db.pipelineRun.findMany({ where: { schedule_id: id }, orderBy: { id: 'asc' } });
const statesOf = async (schedule: Schedule) => (await runsOf(schedule)).map(({ state }) => state);
/** Its time comes. */
const fire = async (schedule: Schedule) => {
  await makeDue(db, schedule);
  await fireDueSchedules(deps);
};
/** Ends its newest run, which nobody works on. */
const endNewest = async (schedule: Schedule) =>
  cancelRun(db, (await runsOf(schedule)).at(-1)!.id, caller('ada'));

describe('a time that has come', () => {
  it('makes a run of the schedule, hands it to the queue, and moves the schedule on', async () => {
    const queues = recordedQueues();
    const schedule = await dueSchedule(db, { priority: 7 });
    await fireDueSchedules({ ...deps, queues });
    const [run] = await runsOf(schedule);
    expect(run).toMatchObject({
      pipeline: 'selftest',
      state: 'PENDING',
      priority: 7,
      created_by: `schedule ${schedule.name}`,
    });
    expect(queues.jobs).toMatchObject([{ payload: { run_id: run?.id, step: 'first' } }]);
    const after = await again(schedule);
    expect(after.next_at?.getTime()).toBe(schedule.next_at!.getTime() + 3_600_000);
    expect(after).toMatchObject({ error: null, skipped: 0, waiting: 0 });
    expect(after.last_at).not.toBeNull();
    await fireDueSchedules(deps);
    expect(await runsOf(schedule)).toHaveLength(1);
  });

  it('makes one run for all times that were missed, and goes on from now', async () => {
    const schedule = await dueSchedule(db, { next_at: new Date('2026-01-01T00:10:00Z') });
    await fireDueSchedules(deps);
    await fireDueSchedules(deps);
    expect(await runsOf(schedule)).toHaveLength(1);
    const { next_at } = await again(schedule);
    expect(next_at!.getTime()).toBeGreaterThan(Date.now());
    expect(next_at!.toISOString()).toMatch(/T\d\d:10:00.000Z$/);
  });

  it('makes none while the schedule is disabled', async () => {
    const schedule = await dueSchedule(db, { enabled: false });
    await fireDueSchedules(deps);
    expect(await runsOf(schedule)).toEqual([]);
  });

  // The race: each gateway has seen that the time has come, and has prepared its run, before the first one commits.
  it('makes one run although eight gateways see it at once', async () => {
    const schedule = await dueSchedule(db);
    const gateways = 8;
    let arrived = 0;
    let open = () => {};
    const allThere = new Promise<void>((resolve) => (open = resolve));
    const prepare: typeof deps.prepare = async (row) => {
      arrived += 1;
      if (arrived === gateways) open();
      await allThere;
      return deps.prepare(row);
    };
    const made = await Promise.all(
      Array.from({ length: gateways }, () => fireSchedule({ db, prepare }, schedule.id)),
    );
    expect(made.filter((id) => id !== undefined)).toHaveLength(1);
    expect(await runsOf(schedule)).toHaveLength(1);
  });

  it('is left to the gateway that is at it, without waiting for it', async () => {
    const schedule = await dueSchedule(db);
    const held = await openTransaction(
      db,
      (tx) => tx.$queryRaw`select 1 from schedules where id = ${schedule.id}::uuid for update`,
    );
    expect(await fireSchedule(deps, schedule.id)).toBeUndefined();
    await held.rollBack();
    expect(await fireSchedule(deps, schedule.id)).toBeDefined();
  });

  it('makes no run of parameters that were changed while it was prepared', async () => {
    const schedule = await dueSchedule(db);
    const parameters = { identifier: 'changed' };
    const prepare: typeof deps.prepare = async (row) => {
      await db.schedule.update({ where: { id: row.id }, data: { parameters } });
      return deps.prepare(row);
    };
    expect(await fireSchedule({ db, prepare }, schedule.id)).toBeUndefined();
    expect(await runsOf(schedule)).toEqual([]);
    expect((await again(schedule)).next_at).toEqual(schedule.next_at);
  });

  it('leaves neither a run nor a next time behind when its transaction is lost', async () => {
    const schedule = await dueSchedule(db);
    const broken = { ...(await deps.prepare(schedule)), identifier: null as unknown as string };
    const prepare = () => Promise.resolve(broken);
    await expect(fireSchedule({ db, prepare }, schedule.id)).rejects.toThrow();
    expect(await again(schedule)).toEqual(schedule);
    expect(await fireSchedule(deps, schedule.id)).toBeDefined();
  });
});

describe('while an earlier run is open', () => {
  it('skip leaves the time out and counts it', async () => {
    const schedule = await dueSchedule(db, { overlap: 'skip' });
    await fire(schedule);
    await fire(schedule);
    await fire(schedule);
    expect(await statesOf(schedule)).toEqual(['PENDING']);
    expect(await again(schedule)).toMatchObject({ skipped: 2, waiting: 0, error: null });
    await endNewest(schedule);
    await fire(schedule);
    expect(await statesOf(schedule)).toEqual(['CANCELED', 'PENDING']);
  });

  it('queue runs the times one after another, each when the one before has ended', async () => {
    const schedule = await dueSchedule(db, { overlap: 'queue' });
    for (let times = 0; times < 3; times += 1) await fire(schedule);
    expect(await statesOf(schedule)).toEqual(['PENDING']);
    expect(await again(schedule)).toMatchObject({ waiting: 2, skipped: 0 });
    for (const left of [1, 0]) {
      await endNewest(schedule);
      await fireDueSchedules(deps);
      await fireDueSchedules(deps);
      expect(await again(schedule)).toMatchObject({ waiting: left });
    }
    await endNewest(schedule);
    await fireDueSchedules(deps);
    expect(await statesOf(schedule)).toEqual(['CANCELED', 'CANCELED', 'CANCELED']);
  });

  it('queue lets so many times wait and skips the rest', async () => {
    const schedule = await dueSchedule(db, { overlap: 'queue', waiting: maxWaiting - 1 });
    await fireDueSchedules(deps);
    await makeDue(db, schedule);
    await fireDueSchedules(deps);
    await makeDue(db, schedule);
    await fireDueSchedules(deps);
    expect(await again(schedule)).toMatchObject({ waiting: maxWaiting, skipped: 1 });
  });

  // The race: both gateways see that the run before has ended.
  it('makes one run of a waiting time although two gateways see it at once', async () => {
    const schedule = await dueSchedule(db, { overlap: 'queue', waiting: 2, next_at: new Date('2099-01-01') });
    await Promise.all([fireSchedule(deps, schedule.id), fireSchedule(deps, schedule.id)]);
    expect(await runsOf(schedule)).toHaveLength(1);
    expect(await again(schedule)).toMatchObject({ waiting: 1 });
  });

  it('replace cancels what is open and starts a new run', async () => {
    const schedule = await dueSchedule(db, { overlap: 'replace' });
    await fire(schedule);
    const [first] = await runsOf(schedule);
    await tryClaim(db, { run_id: first!.id, step: 'first', attempt: 1 });
    await fire(schedule);
    expect(await statesOf(schedule)).toEqual(['CANCELING', 'PENDING']);
    await fire(schedule);
    expect(await statesOf(schedule)).toEqual(['CANCELING', 'CANCELED', 'PENDING']);
    const change = await db.stateChange.findFirst({ where: { run_id: first!.id, state: 'CANCELING' } });
    expect(change).toMatchObject({
      actor: `schedule ${schedule.name}`,
      reason: 'replaced by a newer run of its schedule',
    });
  });

  it('replace cancels nothing when the new run cannot be written', async () => {
    const schedule = await dueSchedule(db, { overlap: 'replace' });
    await fire(schedule);
    await makeDue(db, schedule);
    const broken = { ...(await deps.prepare(schedule)), identifier: null as unknown as string };
    await expect(fireSchedule({ db, prepare: () => Promise.resolve(broken) }, schedule.id)).rejects.toThrow();
    expect(await statesOf(schedule)).toEqual(['PENDING']);
  });

  // The race: the open run ends between being found and being locked.
  it('replace goes on when the run that it replaces ends by itself', async () => {
    const schedule = await dueSchedule(db, { overlap: 'replace' });
    await fire(schedule);
    const [first] = await runsOf(schedule);
    const ending = await openTransaction(
      db,
      (tx) => tx.$executeRaw`update pipeline_runs set state = 'SUCCEEDED' where id = ${first!.id}::uuid`,
    );
    await makeDue(db, schedule);
    const firing = fireSchedule(deps, schedule.id);
    await waiting(db, 1);
    await ending.commit();
    expect(await firing).toBeDefined();
    expect(await statesOf(schedule)).toEqual(['SUCCEEDED', 'PENDING']);
  });
});

describe('a run that cannot be made', () => {
  const wrong = new AppError('invalid_request', 'The data set is not there.', {
    issues: [{ path: 'parameters.dataset_name', message: 'there is no object "gone.csv"' }],
  });
  const refusing = { ...deps, prepare: () => Promise.reject(wrong) };

  it('is noted with all that is wrong, and the schedule goes on', async () => {
    const schedule = await dueSchedule(db);
    await fireDueSchedules(refusing);
    const after = await again(schedule);
    expect(after.error).toBe(
      'The data set is not there. parameters.dataset_name: there is no object "gone.csv"',
    );
    expect(after.next_at!.getTime()).toBeGreaterThan(Date.now());
    expect(await runsOf(schedule)).toEqual([]);
    await db.$executeRaw`update schedules set updated_at = clock_timestamp() - interval '16 seconds'`;
    await fire(schedule);
    expect(await again(schedule)).toMatchObject({ error: null });
    expect(await runsOf(schedule)).toHaveLength(1);
  });

  it('uses up the time that waited for it', async () => {
    const schedule = await dueSchedule(db, { overlap: 'queue', waiting: 1, next_at: new Date('2099-01-01') });
    await fireDueSchedules(refusing);
    expect(await again(schedule)).toMatchObject({ waiting: 0 });
  });

  it('stays due while a service is away, and is tried again after a rest, not without a pause', async () => {
    const schedule = await dueSchedule(db);
    let tries = 0;
    const prepare = () => {
      tries += 1;
      return Promise.reject(new AppError('unavailable', 'the object store is away'));
    };
    for (let turns = 0; turns < 5; turns += 1) await fireDueSchedules({ ...deps, prepare });
    expect(tries).toBe(1);
    expect(await again(schedule)).toMatchObject({
      error: 'the object store is away',
      next_at: schedule.next_at,
    });
    await db.$executeRaw`update schedules set updated_at = clock_timestamp() - interval '16 seconds'`;
    await fireDueSchedules(deps);
    expect(await runsOf(schedule)).toHaveLength(1);
    expect(await again(schedule)).toMatchObject({ error: null });
  });

  it('keeps no other schedule from its time', async () => {
    const [broken, sound] = [await dueSchedule(db), await dueSchedule(db)];
    const prepare: typeof deps.prepare = async (row) => ({
      ...(await deps.prepare(row)),
      ...(row.id === broken.id && { identifier: null as unknown as string }),
    });
    const errors: unknown[] = [];
    await fireDueSchedules({ ...deps, prepare, onError: (error) => errors.push(error) });
    await fireDueSchedules({ ...deps, prepare, onError: (error) => errors.push(error) });
    expect(errors).toHaveLength(1);
    expect(await runsOf(sound)).toHaveLength(1);
    expect((await again(broken)).error).not.toBeNull();
  });

  it('disables a schedule that has no next time any more', async () => {
    const schedule = await dueSchedule(db, { cron: '0 0 31 2 *', interval_seconds: null });
    await fireDueSchedules(deps);
    const after = await again(schedule);
    expect(after).toMatchObject({ enabled: false, next_at: null });
    expect(after.error).toContain('0 0 31 2 *');
  });
});

// The race: without the lock both would find no open run, and two would go on that are to replace each other.
it('serialises a trigger with a time that comes', async () => {
  const schedule = await dueSchedule(db, { overlap: 'replace' });
  const run = await deps.prepare(schedule);
  const trigger = () => inTransaction(db, (tx) => triggerSchedule(tx, schedule, run));
  await Promise.all([trigger(), trigger(), trigger()]);
  expect((await statesOf(schedule)).sort()).toEqual(['CANCELED', 'CANCELED', 'PENDING']);
});
