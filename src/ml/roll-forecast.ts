import { type Frame, makeFrame, pickColumns } from './frame.js';

/** What must be known of an exported forecaster to run it. */
export interface ForecasterShape {
  columns: readonly string[];
  targets: readonly string[];
  /** Rows of history that a forecast needs. */
  rows: number;
  /** Rows that it gives. */
  horizon: number;
}

/**
 * Runs the model on one window: times `[rows]` in epoch milliseconds and raw cells `[rows, C]` to raw values
 * `[horizon, targets]`.
 */
export type RunWindow = (time: BigInt64Array, cells: Float64Array) => Promise<Float64Array>;

/**
 * Forecasts row after row from `origin` on: from real windows while there are any, then from its own forecasts, where
 * the targets are fed back, the other columns keep their last value and time steps on.
 *
 * @param frame raw rows with the model's columns; at least `rows` of them before `origin`
 * @param stepMs distance of the rows that are not there yet, milliseconds
 * @param length rows to forecast
 * @param onRows told how many rows there are by now
 * @returns the targets, raw units, `length` rows
 */
export async function rollForecast(
  { columns, targets, rows, horizon }: ForecasterShape,
  stepMs: number,
  frame: Frame,
  origin: number,
  length: number,
  run: RunWindow,
  onRows: (done: number) => void = () => {},
): Promise<Frame> {
  const first = origin - rows;
  const size = rows + length + horizon;
  const known = Math.min(frame.rows - first, size);
  const extend = (values: Float64Array) => {
    const extended = new Float64Array(size);
    extended.set(values.subarray(first, first + known));
    return extended;
  };
  const time = extend(frame.time);
  const series = pickColumns(frame, columns).map(({ values }) => extend(values));
  const targetIndex = targets.map((target) => columns.indexOf(target));
  const forecast = targets.map((name) => ({ name, values: new Float64Array(length) }));

  for (let done = 0; done < length; done += horizon) {
    const at = rows + done;
    const predicted = await run(...gatherWindow(time, series, done, rows));
    for (let step = 0; step < horizon; step++) {
      const row = at + step;
      if (row >= known) {
        time[row] = time[row - 1]! + stepMs;
        for (const values of series) values[row] = values[row - 1]!;
      }
      targetIndex.forEach((column, target) => {
        const value = predicted[step * targets.length + target]!;
        if (row >= known) series[column]![row] = value;
        if (done + step < length) forecast[target]!.values[done + step] = value;
      });
    }
    onRows(Math.min(done + horizon, length));
  }
  return makeFrame(time.slice(rows, rows + length), forecast);
}

function gatherWindow(
  time: Float64Array,
  series: readonly Float64Array[],
  start: number,
  rows: number,
): [BigInt64Array, Float64Array] {
  const cells = new Float64Array(rows * series.length);
  series.forEach((values, column) => {
    for (let row = 0; row < rows; row++) cells[row * series.length + column] = values[start + row]!;
  });
  return [BigInt64Array.from(time.subarray(start, start + rows), BigInt), cells];
}
