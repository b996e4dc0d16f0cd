import type { Caller } from '../contracts/caller.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { failpoint } from './failpoint.js';
import { LockedRun } from './locked-run.js';
import type { Pipeline } from './plan.js';
import { settle } from './settle.js';
import { writeAudit } from './write-audit.js';

export interface NewRun {
  pipeline: Pipeline;
  identifier: string;
  /** Parsed, with defaults filled in. */
  parameters: Prisma.InputJsonObject;
  config_hash: string | null;
  by: Caller;
  tags?: Record<string, string>;
  note?: string | null;
  priority?: number;
  cloned_from?: string;
  schedule_id?: string;
}

/**
 * Writes a run and its steps; those without dependencies are queued.
 * @returns the run's id; its steps still have to be dispatched
 */
export async function createRun(db: Database, run: NewRun): Promise<string> {
  const id = await inTransaction(db, (tx) => writeRun(tx, run));
  failpoint('create_after_commit');
  return id;
}

/** The same in a transaction that writes more than the run. */
export async function writeRun(tx: Tx, { pipeline, tags = {}, ...run }: NewRun): Promise<string> {
  const { by, ...values } = run;
  const actor = by.name;
  const { id } = await tx.pipelineRun.create({
    data: {
      ...values,
      pipeline: pipeline.name,
      created_by: actor,
      tags: { createMany: { data: Object.entries(tags).map(([key, value]) => ({ key, value })) } },
    },
  });
  await tx.step.createMany({
    data: pipeline.steps.map(({ name, type, kind, depends_on }, position) => ({
      run_id: id,
      name,
      type,
      kind,
      position,
      depends_on: [...depends_on],
    })),
  });
  await LockedRun.change(tx, id, async (created) => {
    created.record(null, 'PENDING', { actor });
    await settle(created, actor);
  });
  await writeAudit(tx, by, {
    action: 'run.create',
    subject: `/pipeline-runs/${id}`,
    after: { pipeline: pipeline.name, ...values, tags },
  });
  failpoint('create_before_commit');
  return id;
}
