import type { Database } from '../../platform/database/database.js';
import { isOutage } from '../../platform/database/outage.js';
import type { StepQueues } from '../../platform/queue/step-queues.js';
import { dispatchRun } from '../dispatch.js';
import { oneByOne } from '../one-by-one.js';
import { type Repeating, repeating, type RepeatingSettings } from '../repeating.js';
import { endedRuns } from '../transitions.js';
import { fireSchedule, type FiringDeps, messageOf, noteFault } from './fire-schedule.js';

export interface SchedulerDeps extends FiringDeps {
  queues: StepQueues;
  onError: (error: unknown, about: object) => void;
}

/** What could not make its run is left alone for so long. */
const restSeconds = 15;
const batchSize = 100;

/** Every gateway has one: a schedule's time comes as long as any of them lives. */
export function startScheduler(deps: SchedulerDeps, settings: RepeatingSettings): Repeating {
  return repeating(() => fireDueSchedules(deps), settings);
}

/** Fires every schedule whose time has come, or whose waiting times may run now that the run before them has ended. */
export async function fireDueSchedules(deps: SchedulerDeps): Promise<void> {
  const { db, queues, onError } = deps;
  await oneByOne(
    await dueSchedules(db),
    async ({ id }) => {
      const runId = await fireSchedule(deps, id).catch(async (error: unknown) => {
        if (!isOutage(error)) await noteFault(db, id, messageOf(error));
        throw error;
      });
      // The run is written: a queue that is away only delays it, and the reconciler dispatches it again.
      if (runId !== undefined)
        await dispatchRun(db, queues, runId).catch((error: unknown) => onError(error, { run_id: runId }));
    },
    onError,
  );
}

function dueSchedules(db: Database): Promise<{ id: string }[]> {
  return db.$queryRaw<{ id: string }[]>`
    select id::text from schedules s
    where enabled
      and (error is null or updated_at < clock_timestamp() - ${restSeconds} * interval '1 second')
      and (next_at <= clock_timestamp()
           or (waiting > 0 and not exists (
                 select 1 from pipeline_runs r
                 where r.schedule_id = s.id and not r.state = any(${[...endedRuns]}::run_state[]))))
    order by next_at limit ${batchSize}`;
}
