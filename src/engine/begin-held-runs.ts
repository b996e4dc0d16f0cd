import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import type { StepQueues } from '../platform/queue/step-queues.js';
import { dispatchReleased } from './dispatch.js';
import { lockIdentifier, type RunLimit } from './run-limit.js';
import { endedRuns } from './transitions.js';

/** Hands over the runs of an identifier that waited for one of it to end, if this one has. */
export async function beginHeldRuns(
  db: Database,
  queues: StepQueues,
  endedRunId: string,
  limit: RunLimit,
): Promise<void> {
  if (limit === undefined) return;
  const identifier = await inTransaction(db, async (tx) => {
    const run = await tx.pipelineRun.findUnique({ where: { id: endedRunId } });
    if (!run || !endedRuns.has(run.state)) return undefined;
    // Waits for a claim that counted this run while it was going on: it is refused and gives its step back, which would
    // otherwise happen after we have looked.
    await lockIdentifier(tx, run.identifier);
    return run.identifier;
  });
  if (identifier !== undefined) await dispatchReleased(db, queues, { identifier }, limit);
}
