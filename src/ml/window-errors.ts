/** What a forecaster was wrong by, window by window. */
export interface WindowErrors {
  /** Of each window, the sum of its absolute errors on the train scaler's scale. */
  absolute: Float64Array;
  /** Of each window, the sum of its squared errors on that scale. */
  square: Float64Array;
  /** Values of one window: horizon x targets. */
  values: number;
}

/**
 * @param predicted raw units, `[windows, horizon, targets]` flat
 * @param truth alike
 * @param scales the train scaler's scale of each target, in the order of the last axis
 * @param windows at least one
 */
export function windowErrors(
  predicted: Float64Array,
  truth: Float64Array,
  scales: readonly number[],
  windows: number,
): WindowErrors {
  const values = truth.length / windows;
  const absolute = new Float64Array(windows);
  const square = new Float64Array(windows);
  for (let i = 0; i < truth.length; i++) {
    const window = Math.floor(i / values);
    const error = Math.abs(predicted[i]! - truth[i]!) / scales[i % scales.length]!;
    absolute[window]! += error;
    square[window]! += error * error;
  }
  return { absolute, square, values };
}
