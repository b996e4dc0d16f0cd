import type { StepInput, StepOutput, StepResult, StepType } from '../contracts/steps/step-types.js';
import { stepTypes } from '../contracts/steps/step-types.js';
import type { Effect, EffectContext } from './effect.js';
import { evaluateEffect } from './effects/evaluate-effect.js';
import { inferEffect } from './effects/infer-effect.js';
import { preprocessEffect } from './effects/preprocess-effect.js';
import { trainEffect } from './effects/train-effect.js';

const effects: { [K in StepType]: Effect<K> } = {
  preprocess: preprocessEffect,
  train_recurrent: trainEffect,
  train_prophet: trainEffect,
  evaluate: evaluateEffect,
  infer: inferEffect,
  pause: ({ result }) => Promise.resolve(result),
};

/** What a step process was given and gave back. */
export interface Completion<K extends StepType = StepType> {
  type: K;
  input: StepInput<K>;
  result: StepResult<K>;
}

/** Runs the effect of a completed step and gives what its row shows. */
export async function applyEffect<K extends StepType>(
  { type, input, result }: Completion<K>,
  context: EffectContext,
): Promise<StepOutput<K>> {
  const output = await effects[type]({ input, result }, context);
  return stepTypes[type].output.parse(output) as StepOutput<K>;
}
