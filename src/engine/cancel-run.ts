import { AppError } from '../contracts/app-error.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { type Cause, LockedRun } from './locked-run.js';
import { settle } from './settle.js';
import { endedRuns } from './transitions.js';

/**
 * Asks a run to stop. What has not begun is canceled here; what runs is stopped by its worker within a second or two,
 * or by the reconciler when the worker is gone. Asking again changes nothing.
 *
 * @throws AppError `not_found`; `conflict` when the run has ended
 */
export async function cancelRun(db: Database, runId: string, actor: string): Promise<void> {
  await inTransaction(db, (tx) =>
    LockedRun.change(tx, runId, (run) => cancelLockedRun(run, { actor, reason: 'canceled' })),
  );
}

/** The same in a transaction that changes more than the run. */
export async function cancelLockedRun(run: LockedRun, cause: Cause): Promise<void> {
  const { state } = run.row;
  if (state === 'CANCELING' || state === 'CANCELED') return;
  if (endedRuns.has(state)) throw new AppError('conflict', `the run has already ended: ${state}`);
  for (const step of run.steps) {
    if (step.state === 'PENDING' || step.state === 'QUEUED') {
      await run.moveStep(step.name, 'CANCELED', cause, { ended_at: run.now });
    }
  }
  if (state === 'PENDING') await run.moveRun('CANCELED', cause, { ended_at: run.now });
  else {
    await run.moveRun('CANCELING', cause);
    await settle(run, cause.actor);
  }
}
