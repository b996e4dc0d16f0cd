/**
 * Means over windows, horizon steps and targets. Scaled metrics are on the train scaler's scale, `_raw` ones in the
 * data's units. A metric that is not finite (no windows, a NaN prediction, an overflow) is null.
 */
export interface ForecastMetrics {
  rmse: number | null;
  mae: number | null;
  mse: number | null;
  rmse_raw: number | null;
  mae_raw: number | null;
  mse_raw: number | null;
}

export interface MetricSums {
  /** Adds whole windows: raw values, `[windows, horizon, targets]` flat, both alike. */
  add: (predicted: ArrayLike<number>, truth: ArrayLike<number>) => void;
  /** Values added so far: windows x horizon x targets. */
  count: () => number;
  metrics: () => ForecastMetrics;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/**
 * Running sums of errors; nothing that was added is kept.
 *
 * @param scales the train scaler's scale of each target, in the order of the last axis. Its centre cancels out.
 */
export function createMetricSums(scales: readonly number[]): MetricSums {
  let count = 0;
  const scaled = { absolute: 0, square: 0 };
  const raw = { absolute: 0, square: 0 };
  return {
    add(predicted, truth) {
      if (predicted.length !== truth.length || truth.length % scales.length !== 0) {
        throw new RangeError(
          `${predicted.length} predictions, ${truth.length} true values, ${scales.length} targets do not fit together`,
        );
      }
      for (let i = 0; i < truth.length; i++) {
        const error = Math.abs((predicted[i] ?? Number.NaN) - (truth[i] ?? Number.NaN));
        const scaledError = error / (scales[i % scales.length] ?? 1);
        scaled.absolute += scaledError;
        scaled.square += scaledError * scaledError;
        raw.absolute += error;
        raw.square += error * error;
      }
      count += truth.length;
    },
    count: () => count,
    metrics: () => ({
      rmse: finite(Math.sqrt(scaled.square / count)),
      mae: finite(scaled.absolute / count),
      mse: finite(scaled.square / count),
      rmse_raw: finite(Math.sqrt(raw.square / count)),
      mae_raw: finite(raw.absolute / count),
      mse_raw: finite(raw.square / count),
    }),
  };
}
