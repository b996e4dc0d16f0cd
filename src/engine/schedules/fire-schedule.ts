import { AppError } from '../../contracts/app-error.js';
import type { Schedule } from '../../generated/prisma/client.js';
import type { Database, Tx } from '../../platform/database/database.js';
import { isOutage } from '../../platform/database/outage.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { type NewRun, writeRun } from '../create-run.js';
import { failpoint } from '../failpoint.js';
import { writeAudit } from '../write-audit.js';
import { bySchedule } from './by-schedule.js';
import { nextTime } from './next-time.js';
import { cancelOpenRuns, openRuns } from './open-runs.js';

export interface FiringDeps {
  db: Database;
  /** Makes a schedule's run ready to be written: asks the object store, so not in the transaction. */
  prepare: (schedule: Schedule) => Promise<NewRun>;
}

/** How many times wait for the end of an earlier run; those that come after them are skipped. */
export const maxWaiting = 100;

type Locked = Pick<
  Schedule,
  'name' | 'cron' | 'interval_seconds' | 'time_zone' | 'overlap' | 'waiting' | 'next_at'
> & { now: Date; due: boolean };

interface Fault {
  fault: string;
  /** Something is away and will come back: the time stays due. */
  passing: boolean;
}

/**
 * Lets a schedule's time come: makes its run, or notes why there is none, in the transaction that moves the schedule
 * to its next time. A process that is killed leaves both or neither.
 *
 * @returns the id of the run, which has to be dispatched; undefined when there is none
 */
export async function fireSchedule({ db, prepare }: FiringDeps, id: string): Promise<string | undefined> {
  const schedule = await db.schedule.findUnique({ where: { id } });
  if (!schedule) return undefined;
  const prepared = await prepare(schedule).catch(toFault);
  const runId = await inTransaction(db, (tx) => fire(tx, schedule, prepared));
  if (runId !== undefined) failpoint('create_after_commit');
  return runId;
}

async function fire(tx: Tx, seen: Schedule, prepared: NewRun | Fault): Promise<string | undefined> {
  // Closes two races. Of several gateways that see the same time, one has the row; the others pass it by, and those
  // that come when it has committed find it moved on. And the run was prepared from what was read without a lock: a
  // schedule that has been changed since is left for the next turn, which prepares anew.
  const [schedule] = await tx.$queryRaw<Locked[]>`
    select name, cron, interval_seconds, time_zone, overlap::text as overlap, waiting, next_at,
           clock_timestamp() as now, coalesce(next_at <= clock_timestamp(), false) as due
    from schedules
    where id = ${seen.id}::uuid and enabled and pipeline = ${seen.pipeline} and priority = ${seen.priority}
      and parameters = ${JSON.stringify(seen.parameters)}::jsonb
    for update skip locked`;
  if (!schedule) return undefined;
  const open = await openRuns(tx, seen.id);
  const decision = decide(schedule, open.length);
  if (decision === 'nothing') return undefined;
  const makes = decision === 'run' || decision === 'run_waiting';
  const fault = makes && 'fault' in prepared ? prepared : undefined;
  if (fault?.passing) {
    await noteFault(tx, seen.id, fault.fault);
    return undefined;
  }
  await tx.$executeRaw`
    update schedules
    set waiting = waiting + ${decision === 'wait' ? 1 : decision === 'run_waiting' ? -1 : 0},
        skipped = skipped + ${decision === 'skip' ? 1 : 0},
        error = ${fault?.fault ?? null}, updated_at = clock_timestamp()
    where id = ${seen.id}::uuid`;
  if (schedule.due) await moveOn(tx, seen.id, schedule);
  if (!makes || 'fault' in prepared) return undefined;
  const by = bySchedule(schedule.name);
  if (schedule.overlap === 'replace') await cancelOpenRuns(tx, open, by);
  return writeRun(tx, { ...prepared, by, schedule_id: seen.id });
}

/** What follows from a time that has come, or from the end of the run that others wait for. */
function decide({ due, overlap, waiting }: Locked, open: number) {
  if (!due) return waiting > 0 && open === 0 ? 'run_waiting' : 'nothing';
  if (open === 0 || overlap === 'replace') return 'run';
  return overlap === 'queue' && waiting < maxWaiting ? 'wait' : 'skip';
}

/** One that has no next time any more (a zone that is gone, say) is disabled: it would be due for ever. */
async function moveOn(tx: Tx, id: string, schedule: Locked): Promise<void> {
  let next: Date | null = null;
  let error: string | null = null;
  try {
    next = nextTime(schedule, schedule.now, schedule.next_at ?? schedule.now);
  } catch (cause) {
    error = messageOf(cause);
  }
  await tx.$executeRaw`
    update schedules
    set next_at = ${next}, last_at = clock_timestamp(), enabled = ${next !== null}, error = coalesce(${error}, error)
    where id = ${id}::uuid`;
  if (next !== null) return;
  await writeAudit(tx, bySchedule(schedule.name), {
    action: 'schedule.update',
    subject: `/schedules/${id}`,
    before: { enabled: true },
    after: { enabled: false, error },
  });
}

/** It then rests for a while (`dueSchedules`): nothing is tried again and again without a pause. */
export async function noteFault(db: Database | Tx, id: string, fault: string): Promise<void> {
  await db.$executeRaw`
    update schedules set error = ${fault}, updated_at = clock_timestamp() where id = ${id}::uuid`;
}

function toFault(error: unknown): Fault {
  // Also the object store's, which says of itself that it is away.
  const passing = isOutage(error) || (error instanceof AppError && !error.permanent);
  return { fault: messageOf(error), passing };
}

/** With every single thing that is wrong: nobody is there to be asked for them. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const issues = error instanceof AppError ? error.issues : [];
  return [message, ...issues.map(({ path, message: what }) => `${path}: ${what}`)].join(' ');
}
