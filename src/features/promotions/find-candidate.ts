import { z } from 'zod';
import { AppError } from '../../contracts/app-error.js';
import type { CreatePromotion } from '../../contracts/promotion.js';
import { defaultScoreWeights, ScoreWeights } from '../../contracts/score-weights.js';
import type { Figures } from '../../engine/promote-by-hand.js';
import { refuseArchived } from '../../engine/registry/archived.js';
import type { ModelVersion, RegisteredModel } from '../../generated/prisma/client.js';
import { score } from '../../ml/score.js';
import type { Database } from '../../platform/database/database.js';

type Asked = Pick<CreatePromotion, 'identifier' | 'run_id' | 'model_version'>;

const value = z.number().nullable().catch(null);
/** An imported model has none of them, as a rule. */
const Errors = z.object({ rmse: value, mae: value, mse: value });
const Weighted = z.object({ score_weights: ScoreWeights });

/**
 * The model version that somebody wants promoted, with the numbers that the promotion shows.
 * @throws AppError `not_found`; `conflict` when it, or its model, is archived
 */
export async function findCandidate(
  db: Database,
  asked: Asked,
): Promise<{ model_version: number; sha256: string; figures: Figures }> {
  const row = await findVersion(db, asked);
  refuseArchived(row);
  const errors = Errors.parse(row.metrics);
  const weights = await weightsOf(db, row.run_id);
  const figures = { ...errors, score: score(errors, weights), weights };
  return { model_version: row.version, sha256: row.model_sha256, figures };
}

async function findVersion(
  db: Database,
  { identifier: name, run_id, model_version: version }: Asked,
): Promise<ModelVersion & { model: RegisteredModel }> {
  const row = await db.modelVersion.findFirst({
    where: { name, run_id, version },
    orderBy: { version: 'desc' },
    include: { model: true },
  });
  if (row) return row;
  const what =
    run_id === undefined ? `there is no version ${version}` : `tracked run ${run_id} made no version`;
  throw new AppError('not_found', `${what} of model ${name}`);
}

/** What the run that trained it scored with; the usual weights for a model without one. */
async function weightsOf(db: Database, runId: string | null): Promise<ScoreWeights> {
  const tracked = runId === null ? null : await db.trackedRun.findUnique({ where: { run_id: runId } });
  const id = tracked?.pipeline_run_id;
  const run = id ? await db.pipelineRun.findUnique({ where: { id } }) : null;
  const { data } = Weighted.safeParse(run?.parameters);
  return data?.score_weights ?? defaultScoreWeights;
}
