import { z } from 'zod';
import { AppError } from '../../contracts/app-error.js';
import { ForecastingParameters } from '../../contracts/forecasting-parameters.js';
import type { JudgeTask } from '../../contracts/judge-task.js';
import { ForecastMetrics } from '../../contracts/metrics.js';
import { defaultScoreWeights, ScoreWeights } from '../../contracts/score-weights.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { PreprocessResult } from '../../contracts/steps/preprocess.js';
import { findServedModel } from '../../engine/champion.js';
import type { Figures } from '../../engine/decide-promotion.js';
import type { ModelVersion, PipelineRun } from '../../generated/prisma/client.js';
import { score } from '../../ml/score.js';
import type { Database } from '../../platform/database/database.js';

interface Asked {
  identifier: string;
  run_id?: string;
  model_version?: number;
}

/** A model version that somebody wants promoted, with what its gates look at. */
export interface Candidate {
  served: ServedModel;
  metrics: ForecastMetrics;
  /** What the promotion shows. */
  figures: Figures;
  /** What made it; undefined for an imported model, and when the run is gone. */
  pipeline: string | undefined;
  measured: JudgeTask['measured'];
}

const value = z.number().nullable().catch(null);
/** An imported model has none of them, as a rule. */
const Metrics = z.object({
  rmse: value,
  mae: value,
  mse: value,
  rmse_raw: value,
  mae_raw: value,
  mse_raw: value,
  windows: ForecastMetrics.shape.windows.catch(0),
});
const Weighted = z.object({ score_weights: ScoreWeights });

/** @throws AppError `not_found`; `conflict` when it, or its model, is archived */
export async function findCandidate(db: Database, asked: Asked): Promise<Candidate> {
  const row = await findVersion(db, asked);
  const served = await findServedModel(db, asked.identifier, row.version);
  const metrics = Metrics.parse(row.metrics);
  const run = await pipelineRunOf(db, row.run_id);
  const weights = Weighted.safeParse(run?.parameters).data?.score_weights ?? defaultScoreWeights;
  const { rmse, mae, mse } = metrics;
  const figures = { rmse, mae, mse, score: score(metrics, weights), weights };
  return { served, metrics, figures, pipeline: run?.pipeline, measured: run && (await measuredBy(db, run)) };
}

async function findVersion(
  db: Database,
  { identifier: name, run_id, model_version: version }: Asked,
): Promise<ModelVersion> {
  const row = await db.modelVersion.findFirst({
    where: { name, run_id, version },
    orderBy: { version: 'desc' },
  });
  if (row) return row;
  const what =
    run_id === undefined ? `there is no version ${version}` : `tracked run ${run_id} made no version`;
  throw new AppError('not_found', `${what} of model ${name}`);
}

async function pipelineRunOf(db: Database, trackedRunId: string | null): Promise<PipelineRun | null> {
  if (trackedRunId === null) return null;
  const tracked = await db.trackedRun.findUnique({ where: { run_id: trackedRunId } });
  const id = tracked?.pipeline_run_id;
  return id ? db.pipelineRun.findUnique({ where: { id } }) : null;
}

/** The rows that the run's models were measured on, if it is a run that has some. */
async function measuredBy(
  db: Database,
  { id, parameters: given }: PipelineRun,
): Promise<JudgeTask['measured']> {
  const step = await db.step.findFirst({ where: { run_id: id, type: 'preprocess' } });
  const preprocess = PreprocessResult.safeParse(step?.outputs).data;
  const parameters = ForecastingParameters.safeParse(given).data;
  return preprocess && parameters ? { preprocess, parameters } : null;
}
