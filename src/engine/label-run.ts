import { AppError } from '../contracts/app-error.js';
import { maxTags } from '../contracts/run-labels.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { LockedRun } from './locked-run.js';

export interface RunLabels {
  /** To set, and to remove where null. */
  tags: Record<string, string | null>;
  /** Undefined leaves it as it is. */
  note?: string | null;
}

/**
 * Changes what people have put on a run, whatever its state. Under the run's lock: two that each add a tag to a run with
 * one less than it may have would both see room for theirs.
 *
 * @throws AppError `not_found`; `invalid_request` when it would have too many tags
 */
export async function labelRun(db: Database, runId: string, { tags, note }: RunLabels): Promise<void> {
  const changes = Object.entries(tags);
  await inTransaction(db, (tx) =>
    LockedRun.change(tx, runId, async () => {
      if (note !== undefined) await tx.pipelineRun.update({ where: { id: runId }, data: { note } });
      if (changes.length === 0) return;
      const keys = changes.map(([key]) => key);
      await tx.pipelineRunTag.deleteMany({ where: { run_id: runId, key: { in: keys } } });
      await tx.pipelineRunTag.createMany({
        data: changes.flatMap(([key, value]) => (value === null ? [] : [{ run_id: runId, key, value }])),
      });
      const count = await tx.pipelineRunTag.count({ where: { run_id: runId } });
      if (count <= maxTags) return;
      const message = `the run would have ${count} tags, and ${maxTags} are the most: remove some`;
      throw new AppError('invalid_request', message, { issues: [{ path: 'tags', message }] });
    }),
  );
}
