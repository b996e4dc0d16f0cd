import { quantiles } from './statistics.js';

export interface ClipBounds {
  lower: number;
  upper: number;
}

/**
 * Bounds of one column from the values in its train rows. Empty cells do not count: what they will be filled with
 * is no observation and would draw the quartiles together.
 *
 * @param factor f: `iqr` gives `[Q1 - f·IQR, Q3 + f·IQR]`, `percentile` gives `[q(f), q(1 - f)]` (f below 0.5).
 */
export function fitClip(values: Float64Array, method: 'iqr' | 'percentile', factor: number): ClipBounds {
  if (method === 'percentile') {
    const [lower = 0, upper = 0] = quantiles(values, [factor, 1 - factor]);
    return { lower, upper };
  }
  const [q1 = 0, q3 = 0] = quantiles(values, [0.25, 0.75]);
  return { lower: q1 - factor * (q3 - q1), upper: q3 + factor * (q3 - q1) };
}

export function clipValues(values: Float64Array, { lower, upper }: ClipBounds): Float64Array {
  return values.map((value) => Math.min(Math.max(value, lower), upper));
}
