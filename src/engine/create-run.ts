import type { Prisma } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { failpoint } from './failpoint.js';
import { LockedRun } from './locked-run.js';
import type { Pipeline } from './plan.js';
import { settle } from './settle.js';

export interface NewRun {
  pipeline: Pipeline;
  identifier: string;
  /** Parsed, with defaults filled in. */
  parameters: Prisma.InputJsonObject;
  config_hash: string | null;
  actor: string;
}

/**
 * Writes a run and its steps; those without dependencies are queued.
 * @returns the run's id; its steps still have to be dispatched
 */
export async function createRun(
  db: Database,
  { pipeline, identifier, parameters, config_hash, actor }: NewRun,
): Promise<string> {
  const id = await inTransaction(db, async (tx) => {
    const run = await tx.pipelineRun.create({
      data: { pipeline: pipeline.name, identifier, parameters, config_hash, created_by: actor },
    });
    await tx.step.createMany({
      data: pipeline.steps.map(({ name, type, kind, depends_on }, position) => ({
        run_id: run.id,
        name,
        type,
        kind,
        position,
        depends_on: [...depends_on],
      })),
    });
    await LockedRun.change(tx, run.id, async (created) => {
      created.record(null, 'PENDING', { actor });
      await settle(created, actor);
    });
    failpoint('create_before_commit');
    return run.id;
  });
  failpoint('create_after_commit');
  return id;
}
