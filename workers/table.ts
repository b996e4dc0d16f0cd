import type { StepType } from '../src/contracts/steps/step-types.js';
import type { Step } from './step.js';

/**
 * Every type of step and the code for it. A type without code does not compile. Loaded when first needed: a process
 * that only preprocesses never loads ONNX Runtime.
 */
export const steps: { [K in StepType]: () => Promise<Step<K>> } = {
  preprocess: async () => (await import('./steps/preprocess.js')).preprocess,
  train_recurrent: async () => (await import('./steps/train-recurrent.js')).trainRecurrent,
  train_prophet: async () => (await import('./steps/train-prophet.js')).trainProphet,
  evaluate: async () => (await import('./steps/evaluate.js')).evaluate,
  infer: async () => (await import('./steps/infer.js')).infer,
  pause: async () => (await import('./steps/pause.js')).pause,
};
