import { AppError } from '../contracts/app-error.js';
import type { Caller } from '../contracts/caller.js';
import { buckets, processedKey, trackedFileKey } from '../contracts/object-keys.js';
import type { ModelVersion } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { LockedRun } from './locked-run.js';
import { lockPointer } from './promote.js';
import { endedRuns } from './transitions.js';
import { writeAudit } from './write-audit.js';

/**
 * Deletes an ended run with its history, its models and their tracked runs. What somebody else refers to stays: models
 * that were asked to be promoted or that forecast, and what another run reused. The bytes go when nothing refers to
 * them any more, see `sweepArtifacts`.
 *
 * @throws AppError `not_found`; `conflict` when it goes on, or when something of it is or was promoted
 */
export async function deleteRun(db: Database, runId: string, by: Caller): Promise<void> {
  await inTransaction(db, (tx) =>
    LockedRun.change(tx, runId, async ({ row }) => {
      const { pipeline, identifier, state, config_hash } = row;
      if (!endedRuns.has(state))
        throw new AppError('conflict', `the run is ${state}: cancel it, or wait for its end`);
      // A run that is about to reuse a step of this one holds its row: it comes before us, and its reference is seen
      // below, or after us, and finds nothing.
      await tx.$queryRaw`select 1 from steps where run_id = ${runId}::uuid order by name for update`;
      // The lock that every promotion of the identifier takes: one comes before us, and is seen below, or after us, and
      // its model is gone.
      await lockPointer(tx, identifier);
      await refusePromoted(tx, runId);
      const models = await deleteModels(tx, runId);
      if (config_hash !== null) await deleteProcessed(tx, runId, identifier, config_hash);
      const { note } = await tx.pipelineRun.delete({ where: { id: runId } });
      for (const { name, version, model_type, model_sha256: sha256 } of models) {
        await writeAudit(tx, by, {
          action: 'version.delete',
          subject: `/models/${name}/versions/${version}`,
          before: { model_type, sha256, pipeline_run_id: runId },
        });
      }
      await writeAudit(tx, by, {
        action: 'run.delete',
        subject: `/pipeline-runs/${runId}`,
        before: { pipeline, identifier, state, config_hash, note },
      });
    }),
  );
}

async function refusePromoted(tx: Tx, runId: string): Promise<void> {
  const [promotion] = await tx.$queryRaw<{ identifier: string; version: number }[]>`
    select identifier, version from promotions
    where pipeline_run_id = ${runId}::uuid
      or run_id in (select run_id from tracked_runs where pipeline_run_id = ${runId}::uuid)
    limit 1`;
  if (!promotion) return;
  const { identifier, version } = promotion;
  throw new AppError(
    'conflict',
    `promotion ${version} of ${identifier} is of this run: what is or was promoted stays`,
  );
}

/** @returns the versions that are gone */
async function deleteModels(tx: Tx, runId: string): Promise<ModelVersion[]> {
  const tracked = await tx.$queryRaw<{ run_id: string; experiment_id: number }[]>`
    select t.run_id, t.experiment_id from tracked_runs t
    where t.pipeline_run_id = ${runId}::uuid and not exists (
      select 1 from model_versions v
      where v.run_id = t.run_id and (
        exists (select 1 from promotion_requests r where r.identifier = v.name and r.model_version = v.version)
        or exists (select 1 from inference_batches b where b.identifier = v.name and b.model_version = v.version)
        or exists (select 1 from model_aliases a where a.name = v.name and a.version = v.version)
        or exists (select 1 from run_artifacts u where u.sha256 = v.model_sha256 and u.run_id <> ${runId}::uuid)))`;
  const ids = tracked.map(({ run_id }) => run_id);
  const models = await tx.modelVersion.findMany({ where: { run_id: { in: ids } } });
  await tx.modelVersion.deleteMany({ where: { run_id: { in: ids } } });
  await tx.trackedRun.deleteMany({ where: { run_id: { in: ids } } });
  for (const { run_id, experiment_id } of tracked) {
    await unproject(tx, buckets.mlflow, trackedFileKey(experiment_id, run_id, ''));
  }
  return models;
}

/** The readable tables of a configuration are shared by all runs that had it. */
async function deleteProcessed(tx: Tx, runId: string, identifier: string, configHash: string): Promise<void> {
  const others = await tx.pipelineRun.count({
    where: { identifier, config_hash: configHash, id: { not: runId } },
  });
  if (others === 0) await unproject(tx, buckets.processed, processedKey(identifier, configHash, ''));
}

/** Has the readable objects below a key deleted, by their writer. */
async function unproject(tx: Tx, bucket: string, below: string): Promise<void> {
  await tx.$executeRaw`
    update projections set source = '{"type": "nothing"}', wanted = wanted + 1, not_before = null, updated_at = now()
    where bucket = ${bucket} and starts_with(key, ${below})`;
}
