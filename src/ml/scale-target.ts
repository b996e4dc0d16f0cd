import { AppError } from '../contracts/app-error.js';
import type { FittedPreprocess } from '../contracts/fitted-preprocess.js';
import type { Scaling } from './scalers.js';

/** @throws AppError `invalid_request` when there is no such feature. */
export function targetScaling({ features, scaler }: FittedPreprocess, name: string): Scaling {
  const index = features.indexOf(name);
  const center = scaler.center[index];
  const scale = scaler.scale[index];
  if (center === undefined || scale === undefined) {
    throw new AppError('invalid_request', `"${name}" is not among the features that were fitted`);
  }
  return { center, scale };
}

/**
 * A raw value of a target on the train scaler's scale. Truth goes through here, not through `applyPreprocess`,
 * which would fill and clip it.
 */
export function scaleTarget(fitted: FittedPreprocess, name: string, value: number): number {
  const { center, scale } = targetScaling(fitted, name);
  return (value - center) / scale;
}

/** The way back, into raw units. */
export function unscaleTarget(fitted: FittedPreprocess, name: string, scaled: number): number {
  const { center, scale } = targetScaling(fitted, name);
  return scaled * scale + center;
}
