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
  const width = columns.length;
  const first = origin - rows;
  const size = rows + length + horizon;
  const known = Math.min(frame.rows - first, size);
  const time = new Float64Array(size);
  time.set(frame.time.subarray(first, first + known));
  // Row by row, as the model wants them: a window is then one slice.
  const cells = new Float64Array(size * width);
  pickColumns(frame, columns).forEach(({ values }, column) => {
    for (let row = 0; row < known; row++) cells[row * width + column] = values[first + row]!;
  });
  const targetIndex = targets.map((target) => columns.indexOf(target));
  const forecast = targets.map((name) => ({ name, values: new Float64Array(length) }));

  for (let done = 0; done < length; done += horizon) {
    const at = rows + done;
    const window = cells.slice(done * width, at * width);
    const predicted = await run(toBigInts(time, done, at), window);
    for (let step = 0; step < horizon; step++) {
      const row = at + step;
      if (row >= known) {
        time[row] = time[row - 1]! + stepMs;
        cells.copyWithin(row * width, (row - 1) * width, row * width);
      }
      for (let target = 0; target < targets.length; target++) {
        const value = predicted[step * targets.length + target]!;
        if (row >= known) cells[row * width + targetIndex[target]!] = value;
        if (done + step < length) forecast[target]!.values[done + step] = value;
      }
    }
    onRows(Math.min(done + horizon, length));
  }
  return makeFrame(time.slice(rows, rows + length), forecast);
}

/** By hand: `from` with a function takes ten times as long, and predictions wait for it. */
function toBigInts(values: Float64Array, start: number, end: number): BigInt64Array {
  const bigints = new BigInt64Array(end - start);
  for (let i = start; i < end; i++) bigints[i - start] = BigInt(values[i]!);
  return bigints;
}
