import { AppError } from '../contracts/app-error.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { closeDeadLetters } from './dead-letter.js';
import { LockedRun } from './locked-run.js';
import { settle } from './settle.js';

/**
 * Runs the failed, skipped and canceled steps of an ended run again, in the same run; their attempts are kept and
 * numbered on.
 *
 * @throws AppError `not_found`; `conflict` when the run has not ended, or has nothing to run again
 */
export async function retryRun(db: Database, runId: string, actor: string): Promise<void> {
  await inTransaction(db, (tx) =>
    LockedRun.change(tx, runId, async (run) => {
      const { state } = run.row;
      if (state !== 'FAILED' && state !== 'CANCELED') {
        throw new AppError(
          'conflict',
          `only a run that is FAILED or CANCELED can be retried, this one is ${state}`,
        );
      }
      const cause = { actor, reason: 'retry' };
      // One that was canceled before anything of it ran has not started yet.
      const started = run.row.started_at ? {} : { started_at: run.now };
      await run.moveRun('RUNNING', cause, { ...started, ended_at: null });
      const empty = { error: Prisma.DbNull, progress: Prisma.DbNull, started_at: null, ended_at: null };
      const values = { failures: 0, outages: 0, crashes: 0, ...empty };
      for (const step of run.steps) {
        if (step.state !== 'SUCCEEDED') await run.moveStep(step.name, 'PENDING', cause, values);
      }
      await closeDeadLetters(run);
      await settle(run, actor);
    }),
  );
}
