import { z } from 'zod';
import { EvaluateInput, EvaluateOutput, EvaluateResult } from './evaluate.js';
import { InferInput, InferResult } from './infer.js';
import { PauseInput, PauseResult } from './pause.js';
import { PreprocessInput, PreprocessResult } from './preprocess.js';
import { TrainOutput, TrainProphetInput, TrainRecurrentInput, TrainResult } from './train.js';

/**
 * Every type of step: what its process is given, what it gives back, and what stands in the step's row after the
 * effects of its completion (a model's version, a promotion) are known.
 */
export const stepTypes = {
  preprocess: { input: PreprocessInput, result: PreprocessResult, output: PreprocessResult },
  train_recurrent: { input: TrainRecurrentInput, result: TrainResult, output: TrainOutput },
  train_prophet: { input: TrainProphetInput, result: TrainResult, output: TrainOutput },
  evaluate: { input: EvaluateInput, result: EvaluateResult, output: EvaluateOutput },
  infer: { input: InferInput, result: InferResult, output: InferResult },
  pause: { input: PauseInput, result: PauseResult, output: PauseResult },
} as const;

export const StepType = z.enum([
  'preprocess',
  'train_recurrent',
  'train_prophet',
  'evaluate',
  'infer',
  'pause',
]);
export type StepType = keyof typeof stepTypes;
export type StepInput<K extends StepType> = z.infer<(typeof stepTypes)[K]['input']>;
export type StepResult<K extends StepType> = z.infer<(typeof stepTypes)[K]['result']>;
export type StepOutput<K extends StepType> = z.infer<(typeof stepTypes)[K]['output']>;
