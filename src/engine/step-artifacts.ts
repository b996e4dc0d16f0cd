import type { ArtifactRef } from '../contracts/artifact-ref.js';
import { InferResult } from '../contracts/steps/infer.js';
import { PreprocessResult } from '../contracts/steps/preprocess.js';
import type { StepType } from '../contracts/steps/step-types.js';
import { TrainOutput } from '../contracts/steps/train.js';

/** The stored bytes that a step's outputs name. */
const artifacts: Record<StepType, (outputs: unknown) => ArtifactRef[]> = {
  preprocess(outputs) {
    const { train_rows, test_rows, processed_train, processed_test, meta } = PreprocessResult.parse(outputs);
    return [train_rows, test_rows, processed_train, processed_test, meta];
  },
  train_recurrent: trained,
  train_prophet: trained,
  evaluate: () => [],
  infer(outputs) {
    const { line, forecast } = InferResult.parse(outputs);
    return [line, forecast];
  },
  pause: () => [],
};

function trained(outputs: unknown): ArtifactRef[] {
  const { model, manifest, files } = TrainOutput.parse(outputs);
  return [model, manifest, ...files.map(({ file }) => file)];
}

/** @param outputs as they stand in the step's row */
export function artifactsOf(type: StepType, outputs: unknown): ArtifactRef[] {
  return artifacts[type](outputs);
}
