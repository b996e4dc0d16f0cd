import { z } from 'zod';
import { ArtifactRef } from './artifact-ref.js';
import { ForecastingParameters } from './forecasting-parameters.js';
import { Gate } from './gate.js';
import { GatePolicy } from './gate-policy.js';
import { ForecastMetrics } from './metrics.js';
import { ScoreWeights } from './score-weights.js';
import { StepError } from './step-error.js';
import { Champion } from './steps/evaluate.js';
import { PreprocessResult } from './steps/preprocess.js';

/** A forecaster to be judged apart from the gateway: models are loaded and run for seconds. */
export const JudgeTask = z.object({
  challenger: z.object({
    model_type: z.string(),
    model_version: z.int(),
    model: ArtifactRef,
    manifest: ArtifactRef,
    metrics: ForecastMetrics,
  }),
  champion: Champion.nullable(),
  /** What the run that trained it made of its data; null when the run is gone. */
  measured: z.object({ preprocess: PreprocessResult, parameters: ForecastingParameters }).nullable(),
  weights: ScoreWeights,
  policy: GatePolicy,
});
export type JudgeTask = z.infer<typeof JudgeTask>;

/** What comes of it. */
export const JudgeReply = z.union([z.object({ gates: z.array(Gate) }), z.object({ error: StepError })]);
export type JudgeReply = z.infer<typeof JudgeReply>;
