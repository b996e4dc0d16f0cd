import { z } from 'zod';
import { ForecastingParameters } from '../forecasting-parameters.js';
import { Gate } from '../gate.js';
import { GatePolicy } from '../gate-policy.js';
import { ModelType } from '../model-manifest.js';
import { ScoreboardRow } from '../scoreboard.js';
import { ServedModel } from '../served-model.js';
import { PreprocessResult } from './preprocess.js';
import { TrainOutput } from './train.js';

/** A model that this run trained. */
const Candidate = TrainOutput.extend({ model_type: ModelType });
export type Candidate = z.infer<typeof Candidate>;

/** What serves the identifier now, and under which version of its pointer. */
export const Champion = ServedModel.extend({ pointer_version: z.int() });
export type Champion = z.infer<typeof Champion>;

export const EvaluateInput = z.object({
  identifier: z.string(),
  config_hash: z.string(),
  parameters: ForecastingParameters,
  preprocess: PreprocessResult,
  candidates: z.array(Candidate).min(1),
  champion: Champion.nullable(),
  policy: GatePolicy,
});

export const EvaluateResult = z.object({
  scoreboard: z.array(ScoreboardRow),
  /** The best candidate; null when no candidate has finite metrics. */
  winner: ModelType.nullable(),
  gates: z.array(Gate),
  accepted: z.boolean(),
});
export type EvaluateResult = z.infer<typeof EvaluateResult>;

export const EvaluateOutput = EvaluateResult.extend({
  request_id: z.string().nullable(),
  promotion_id: z.string().nullable(),
  /** What serves the identifier after this run: the winner, or the champion from before, or nothing. */
  serving: ServedModel.nullable(),
});
export type EvaluateOutput = z.infer<typeof EvaluateOutput>;
