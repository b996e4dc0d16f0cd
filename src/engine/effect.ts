import type { StepInput, StepOutput, StepResult, StepType } from '../contracts/steps/step-types.js';
import type { LockedRun } from './locked-run.js';
import type { TrackedRunRef } from './tracked-runs.js';

export interface EffectContext {
  run: LockedRun;
  step: string;
  trackedRun: TrackedRunRef | null;
}

/**
 * What the completion of a step changes besides its row, in the same transaction: a killed process leaves all of it
 * or nothing.
 */
export type Effect<K extends StepType> = (
  completion: { input: StepInput<K>; result: StepResult<K> },
  context: EffectContext,
) => Promise<StepOutput<K>>;

/**
 * The decision was made against a champion that no longer serves, or for a version that is out of use: nothing is
 * written, and the step decides again.
 * Not an error of anybody's.
 */
export class StaleChampion extends Error {
  override readonly name = 'StaleChampion';
}
