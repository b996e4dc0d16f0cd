import { AppError } from '../../contracts/app-error.js';
import type { Schedule } from '../../generated/prisma/client.js';
import type { Tx } from '../../platform/database/database.js';
import { type NewRun, writeRun } from '../create-run.js';
import { cancelOpenRuns, openRuns } from './open-runs.js';

/**
 * Writes a run of a schedule now, whether it is enabled or not; its times stay as they are. Whoever asks wants a run, so
 * an open one only matters when the schedule replaces it.
 *
 * @param seen the row that the run was prepared from
 * @returns the run's id; its steps still have to be dispatched
 * @throws AppError `not_found` when the schedule was deleted meanwhile
 */
export async function triggerSchedule(tx: Tx, seen: Schedule, run: NewRun): Promise<string> {
  // The same lock as a time that comes: of two runs that replace, one sees the other.
  const [schedule] = await tx.$queryRaw<Pick<Schedule, 'overlap'>[]>`
    select overlap::text as overlap from schedules where id = ${seen.id}::uuid for update`;
  if (!schedule) throw new AppError('not_found', `there is no schedule ${seen.id}`);
  if (schedule.overlap === 'replace') await cancelOpenRuns(tx, await openRuns(tx, seen.id), run.by);
  return writeRun(tx, { ...run, schedule_id: seen.id });
}
