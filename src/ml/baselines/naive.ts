import { pickColumns, type Frame } from '../frame.js';

export interface NaiveOptions {
  /** Raw rows; NaN is an empty cell. */
  frame: Frame;
  targets: readonly string[];
  origins: Int32Array;
  horizon: number;
  /** Of each target: what is forecast while no value has been seen at all (the train mean, say). */
  fills: readonly number[];
}

/**
 * The baseline NAIVE: every step of the horizon is the last value known before the origin.
 *
 * @returns raw units, `[origins, horizon, targets]` flat row-major.
 */
export function forecastNaive({ frame, targets, origins, horizon, fills }: NaiveOptions): Float64Array {
  const columns = pickColumns(frame, targets);
  const out = new Float64Array(origins.length * horizon * columns.length);
  for (const [target, { values }] of columns.entries()) {
    // Row r of `known` is the last value at or before row r.
    let last = fills[target] ?? Number.NaN;
    const known = values.map((value) => (Number.isNaN(value) ? last : (last = value)));
    for (const [window, origin] of origins.entries()) {
      const value = known[origin - 1] ?? fills[target] ?? Number.NaN;
      for (let step = 0; step < horizon; step++)
        out[(window * horizon + step) * columns.length + target] = value;
    }
  }
  return out;
}
