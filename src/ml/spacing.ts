import { AppError } from '../contracts/app-error.js';

export interface Spacing {
  /** The most frequent distance between neighbouring rows; of several, the smallest. Milliseconds. */
  stepMs: number;
  /** Share of the distances that equal it, 0 to 1. */
  share: number;
  /** Null when at least 98 % of the distances are equal. */
  warning: string | null;
}

/** Below these shares a series is irregular, and too irregular for windows of rows to mean windows of time. */
const irregular = 0.98;
const veryIrregular = 0.75;

function warningFor(share: number, stepMs: number): string | null {
  if (share >= irregular) return null;
  const percent = `only ${(share * 100).toFixed(1)} % of the steps are the usual ${stepMs / 1000} s`;
  return share >= veryIrregular
    ? `irregular spacing: ${percent}`
    : `very irregular spacing: ${percent}; windows of rows do not cover equal times, and forecasts will suffer`;
}

/**
 * How evenly rows are spaced.
 *
 * @param time epoch milliseconds, rising.
 * @throws AppError `invalid_data` for fewer than two rows or when all times are the same.
 */
export function measureSpacing(time: Float64Array): Spacing {
  const counts = new Map<number, number>();
  for (let row = 1; row < time.length; row++) {
    const step = (time[row] ?? 0) - (time[row - 1] ?? 0);
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  let [stepMs, times] = [0, 0];
  for (const [step, count] of counts) {
    if (count > times || (count === times && step < stepMs)) [stepMs, times] = [step, count];
  }
  if (times === 0) {
    throw new AppError(
      'invalid_data',
      `${time.length} rows have no two different times: their spacing is unknown`,
    );
  }
  const share = times / (time.length - 1);
  return { stepMs, share, warning: warningFor(share, stepMs) };
}
