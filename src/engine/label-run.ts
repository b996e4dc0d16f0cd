import { AppError } from '../contracts/app-error.js';
import type { Caller } from '../contracts/caller.js';
import { maxTags } from '../contracts/run-labels.js';
import type { Database, Tx } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { changedFields } from './changed-fields.js';
import { LockedRun } from './locked-run.js';
import { writeAudit } from './write-audit.js';

export interface RunLabels {
  /** To set, and to remove where null. */
  tags: Record<string, string | null>;
  /** Undefined leaves it as it is. */
  note?: string | null;
}

/**
 * Changes what people have put on a run, whatever its state. Under the run's lock: two that each add a tag to a run with
 * one less than it may have would both see room for theirs, and two that change one tag would both say that they
 * changed what the first of them found. What is as it is asked for already stays untouched.
 *
 * @throws AppError `not_found`; `invalid_request` when it would have too many tags
 */
export async function labelRun(db: Database, runId: string, labels: RunLabels, by: Caller): Promise<void> {
  await inTransaction(db, (tx) =>
    LockedRun.change(tx, runId, async () => {
      const run = await tx.pipelineRun.findUniqueOrThrow({
        where: { id: runId },
        select: { note: true, tags: true },
      });
      const { note = run.note } = labels;
      const tags = Object.fromEntries(run.tags.map(({ key, value }) => [key, value]));
      const notes = changedFields({ note: run.note }, { note });
      const tagged = changedFields(tags, { ...tags, ...labels.tags });
      if (!notes && !tagged) return;
      if (notes) await tx.pipelineRun.update({ where: { id: runId }, data: { note } });
      if (tagged) await writeTags(tx, runId, Object.keys(tagged.after), labels.tags);
      await writeAudit(tx, by, {
        action: 'run.update',
        subject: `/pipeline-runs/${runId}`,
        before: { ...notes?.before, tags: tagged?.before },
        after: { ...notes?.after, tags: tagged?.after },
      });
    }),
  );
}

async function writeTags(tx: Tx, runId: string, keys: string[], tags: RunLabels['tags']): Promise<void> {
  await tx.pipelineRunTag.deleteMany({ where: { run_id: runId, key: { in: keys } } });
  await tx.pipelineRunTag.createMany({
    data: keys.flatMap((key) => {
      const value = tags[key] ?? null;
      return value === null ? [] : [{ run_id: runId, key, value }];
    }),
  });
  const count = await tx.pipelineRunTag.count({ where: { run_id: runId } });
  if (count <= maxTags) return;
  const message = `the run would have ${count} tags, and ${maxTags} are the most: remove some`;
  throw new AppError('invalid_request', message, { issues: [{ path: 'tags', message }] });
}
