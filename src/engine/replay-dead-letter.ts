import { AppError } from '../contracts/app-error.js';
import type { Caller } from '../contracts/caller.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { unknownDeadLetter } from './dead-letter.js';
import { LockedRun } from './locked-run.js';
import { retryLockedRun } from './retry-run.js';
import { writeAudit } from './write-audit.js';

/**
 * Runs a step that gave up again, with all that its run left undone.
 *
 * @returns the run's id; its steps still have to be dispatched
 * @throws AppError `not_found`; `conflict` when it was replayed already, or its run cannot be retried
 */
export async function replayDeadLetter(db: Database, id: string, by: Caller): Promise<string> {
  const { run_id } = (await db.deadLetter.findUnique({ where: { id } })) ?? unknownDeadLetter(id);
  await inTransaction(db, (tx) =>
    LockedRun.change(tx, run_id, async (run) => {
      // Looked at again, under the run's lock and its own: of two replays at once the second finds it replayed, and one
      // that was discarded meanwhile is replayed by nobody.
      const [letter] = await tx.$queryRaw<{ step: string; replayed_at: Date | null }[]>`
        select step, replayed_at from dead_letters where id = ${id}::uuid for update`;
      const { step, replayed_at } = letter ?? unknownDeadLetter(id);
      if (replayed_at) throw new AppError('conflict', 'the step was run again already');
      await retryLockedRun(run, by);
      const about = { pipeline_run_id: run_id, step };
      await writeAudit(tx, by, {
        action: 'dead_letter.replay',
        subject: `/dead-letters/${id}`,
        before: { ...about, replayed_at: null },
        after: { ...about, replayed_at: run.now },
      });
    }),
  );
  return run_id;
}
