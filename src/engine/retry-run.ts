import { AppError } from '../contracts/app-error.js';
import type { Caller } from '../contracts/caller.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { closeDeadLetters } from './dead-letter.js';
import { LockedRun } from './locked-run.js';
import { settle } from './settle.js';
import { writeAudit } from './write-audit.js';

/**
 * Runs the failed, skipped and canceled steps of an ended run again, in the same run; their attempts are kept and
 * numbered on.
 *
 * @throws AppError `not_found`; `conflict` when the run has not ended, or has nothing to run again
 */
export async function retryRun(db: Database, runId: string, by: Caller): Promise<void> {
  await inTransaction(db, (tx) => LockedRun.change(tx, runId, (run) => retryLockedRun(run, by)));
}

/** The same in a transaction that changes more than the run. */
export async function retryLockedRun(run: LockedRun, by: Caller): Promise<void> {
  const { id, state } = run.row;
  if (state !== 'FAILED' && state !== 'CANCELED') {
    throw new AppError(
      'conflict',
      `only a run that is FAILED or CANCELED can be retried, this one is ${state}`,
    );
  }
  const cause = { actor: by.name, reason: 'retry' };
  // One that was canceled before anything of it ran has not started yet.
  const started = run.row.started_at ? {} : { started_at: run.now };
  await run.moveRun('RUNNING', cause, { ...started, ended_at: null });
  const empty = { error: Prisma.DbNull, progress: Prisma.DbNull, started_at: null, ended_at: null };
  const values = { failures: 0, outages: 0, crashes: 0, ...empty };
  const undone = run.steps.filter((step) => step.state !== 'SUCCEEDED');
  for (const step of undone) await run.moveStep(step.name, 'PENDING', cause, values);
  await closeDeadLetters(run);
  await settle(run, by.name);
  await writeAudit(run.tx, by, {
    action: 'run.retry',
    subject: `/pipeline-runs/${id}`,
    before: { state },
    after: { state: run.row.state, steps: undone.map(({ name }) => name) },
  });
}
