import type { Caller } from '../../contracts/caller.js';
import type { Tx } from '../../platform/database/database.js';
import { cancelLockedRun } from '../cancel-run.js';
import { LockedRun } from '../locked-run.js';
import { endedRuns } from '../transitions.js';

/** Runs of a schedule that have not ended, oldest first. */
export async function openRuns(tx: Tx, scheduleId: string): Promise<string[]> {
  const rows = await tx.pipelineRun.findMany({
    where: { schedule_id: scheduleId, state: { notIn: [...endedRuns] } },
    select: { id: true },
    orderBy: { id: 'asc' },
  });
  return rows.map(({ id }) => id);
}

/**
 * Cancels them for the sake of a newer one, in the transaction that makes it: a process that is killed leaves the old
 * runs going or the new one, never neither. The schedule's row is locked first, and the runs in one order; whoever else
 * locks a run waits for no schedule.
 */
export async function cancelOpenRuns(tx: Tx, runIds: readonly string[], by: Caller): Promise<void> {
  for (const id of runIds) {
    await LockedRun.change(tx, id, async (run) => {
      // It may have ended before we had its lock.
      if (endedRuns.has(run.row.state)) return;
      await cancelLockedRun(run, by, 'replaced by a newer run of its schedule');
    });
  }
}
