import { z } from 'zod';
import { ArtifactRef } from '../artifact-ref.js';
import { ForecastingParameters } from '../forecasting-parameters.js';
import { ForecastMetrics } from '../metrics.js';
import { PreprocessResult } from './preprocess.js';

const TrainInput = z.object({
  identifier: z.string(),
  config_hash: z.string(),
  parameters: ForecastingParameters,
  preprocess: PreprocessResult,
});
export const TrainRecurrentInput = TrainInput.extend({ model_type: z.enum(['GRU', 'LSTM']) });
export const TrainProphetInput = TrainInput.extend({ model_type: z.literal('PROPHET') });

/** A file for the artifact folder of the tracked run, under its path there. */
const TrackedFile = z.object({ path: z.string(), file: ArtifactRef });

export const TrainResult = z.object({
  model: ArtifactRef,
  manifest: ArtifactRef,
  files: z.array(TrackedFile),
  metrics: ForecastMetrics,
  seconds: z.number(),
});
export type TrainResult = z.infer<typeof TrainResult>;

export const TrainOutput = TrainResult.extend({ model_version: z.int(), tracked_run_id: z.string() });
export type TrainOutput = z.infer<typeof TrainOutput>;
