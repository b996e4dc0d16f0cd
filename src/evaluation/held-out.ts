import { AppError } from '../contracts/app-error.js';
import type { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import type { ForecastMetrics } from '../contracts/metrics.js';
import type { PreprocessResult } from '../contracts/steps/preprocess.js';
import { rowsNeeded } from '../ml/export/preprocess-nodes.js';
import type { Frame } from '../ml/frame.js';
import { readFrameParquet } from '../ml/frame-parquet.js';
import { createMetricSums } from '../ml/metrics.js';
import { targetScaling } from '../ml/scale-target.js';
import { windowOrigins, windowTruth } from '../ml/window-origins.js';
import { getVerified } from '../platform/object-store/content-address.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';

/** What every model of a run is measured on: the same target, origins and scale. */
export interface HeldOut {
  /** Raw rows: models fill and clip for themselves, truth never is. */
  frame: Frame;
  targets: string[];
  horizon: number;
  /** At least one. */
  origins: Int32Array;
  /** Of each target, the train scaler's scale. */
  scales: number[];
}

/** @throws AppError `invalid_data` when there is nothing to measure on */
export async function loadHeldOut(
  store: Pick<ObjectStore, 'get'>,
  preprocess: PreprocessResult,
  parameters: ForecastingParameters,
): Promise<HeldOut> {
  const { frame } = await readFrameParquet(await getVerified(store, preprocess.test_rows));
  const { targets, fitted } = preprocess;
  const { input_seq_len, output_seq_len: horizon } = parameters;
  // The origins of the models that need most rows: a model that needs fewer is not measured on more.
  const origins = windowOrigins(frame, targets, rowsNeeded(fitted, input_seq_len), horizon);
  if (origins.length === 0) {
    throw new AppError('invalid_data', 'no held-out window has all its true target values', {
      where: 'test rows',
    });
  }
  return {
    frame,
    targets,
    horizon,
    origins,
    scales: targets.map((target) => targetScaling(fitted, target).scale),
  };
}

/** @param predicted raw units, `[origins, horizon, targets]`, one window per origin */
export function measure(
  { frame, targets, horizon, origins, scales }: HeldOut,
  predicted: Float64Array,
): ForecastMetrics {
  const sums = createMetricSums(scales);
  sums.add(predicted, windowTruth(frame, targets, origins, horizon));
  return { ...sums.metrics(), windows: origins.length };
}
