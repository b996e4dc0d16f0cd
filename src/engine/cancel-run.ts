import { AppError } from '../contracts/app-error.js';
import type { Caller } from '../contracts/caller.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { LockedRun } from './locked-run.js';
import { settle } from './settle.js';
import { endedRuns } from './transitions.js';
import { writeAudit } from './write-audit.js';

/**
 * Asks a run to stop. What has not begun is canceled here; what runs is stopped by its worker within a second or two,
 * or by the reconciler when the worker is gone. Asking again changes nothing.
 *
 * @throws AppError `not_found`; `conflict` when the run has ended
 */
export async function cancelRun(db: Database, runId: string, by: Caller): Promise<void> {
  await inTransaction(db, (tx) => LockedRun.change(tx, runId, (run) => cancelLockedRun(run, by, 'canceled')));
}

/** The same in a transaction that changes more than the run. */
export async function cancelLockedRun(run: LockedRun, by: Caller, reason: string): Promise<void> {
  const { id, state } = run.row;
  const cause = { actor: by.name, reason };
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
    await settle(run, by.name);
  }
  await writeAudit(run.tx, by, {
    action: 'run.cancel',
    subject: `/pipeline-runs/${id}`,
    before: { state },
    after: { state: run.row.state, reason },
  });
}
