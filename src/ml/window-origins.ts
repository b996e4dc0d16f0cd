import { pickColumns, type Frame } from './frame.js';

/**
 * The origins that a forecast can be measured from. Origin `i` sees rows `i - rowsNeeded` to `i - 1` and forecasts
 * rows `i` to `i + horizon - 1`; it is listed when every target has a true value in all of those. Empty cells in
 * what it sees do not matter: models fill them.
 *
 * @param frame raw rows, never filled or clipped.
 * @returns rising row numbers; empty when the frame is too short.
 */
export function windowOrigins(
  frame: Frame,
  targets: readonly string[],
  rowsNeeded: number,
  horizon: number,
): Int32Array {
  const columns = pickColumns(frame, targets);
  const origins: number[] = [];
  let complete = 0;
  for (let row = rowsNeeded; row < frame.rows; row++) {
    complete = columns.some(({ values }) => Number.isNaN(values[row])) ? 0 : complete + 1;
    if (complete >= horizon) origins.push(row - horizon + 1);
  }
  return Int32Array.from(origins);
}

/**
 * The true raw values at these origins, `[origins, horizon, targets]` flat row-major: the layout of every
 * prediction.
 */
export function windowTruth(
  frame: Frame,
  targets: readonly string[],
  origins: Int32Array,
  horizon: number,
): Float64Array {
  const columns = pickColumns(frame, targets);
  const truth = new Float64Array(origins.length * horizon * columns.length);
  let at = 0;
  for (const origin of origins) {
    for (let step = 0; step < horizon; step++) {
      for (const { values } of columns) truth[at++] = values[origin + step] ?? Number.NaN;
    }
  }
  return truth;
}
