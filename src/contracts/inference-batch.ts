import { z } from 'zod';
import { ModelType } from './model-manifest.js';

const value = z.number().nullable();
const byColumn = z.record(z.string(), value);

/** Errors over the rows whose true values are known, in raw units; null where there is none. */
export const InferenceMetrics = z.object({
  overlap_rows: z.int(),
  mae_mean: value,
  mse_mean: value,
  rmse: value,
  mae: byColumn,
  mse: byColumn,
  /** Mean over the targets, for the first 200 steps. */
  step_mae: z.array(z.object({ step: z.int(), mae: z.number() })),
  prediction_hash: z.string().length(16),
  rows_predicted: z.int(),
});

const Sample = z.object({
  step: z.int(),
  ts: z.iso.datetime(),
  pred: byColumn,
  actual: byColumn.nullable(),
  abs_err: byColumn,
});

/** One line of `results.jsonl`. */
export const InferenceBatch = z.object({
  timestamp: z.iso.datetime(),
  identifier: z.string(),
  run_id: z.string(),
  model_type: ModelType,
  config_hash: z.string(),
  status: z.literal('SUCCESS'),
  metrics: InferenceMetrics,
  samples: z.array(Sample),
});
export type InferenceBatch = z.infer<typeof InferenceBatch>;
