import { AppError } from '../contracts/app-error.js';

/** One column; NaN is an empty cell. */
export interface Column {
  readonly name: string;
  readonly values: Float64Array;
}

/**
 * A table of numbers over time, column by column. Nothing writes into a frame that was given to it: slices share
 * their memory with the frame they were taken from.
 */
export interface Frame {
  /** Epoch milliseconds UTC, whole numbers, one a row. */
  readonly time: Float64Array;
  readonly columns: readonly Column[];
  readonly rows: number;
}

/** @throws AppError `internal` when a column is not as long as `time`. */
export function makeFrame(time: Float64Array, columns: readonly Column[]): Frame {
  for (const { name, values } of columns) {
    if (values.length !== time.length) {
      throw new AppError('internal', `column "${name}" has ${values.length} rows, time has ${time.length}`);
    }
  }
  return { time, columns, rows: time.length };
}

/** Rows `start` to `end` (exclusive); shares memory with `frame`. */
export function sliceRows(frame: Frame, start: number, end: number): Frame {
  return makeFrame(
    frame.time.subarray(start, end),
    frame.columns.map(({ name, values }) => ({ name, values: values.subarray(start, end) })),
  );
}

/** The rows at these positions, in this order; copies. */
export function takeRows(frame: Frame, positions: Uint32Array): Frame {
  const take = (values: Float64Array) => Float64Array.from(positions, (row) => values[row] ?? Number.NaN);
  return makeFrame(
    take(frame.time),
    frame.columns.map(({ name, values }) => ({ name, values: take(values) })),
  );
}

/**
 * The columns of these names, in this order; shares memory.
 * @throws AppError `invalid_data` `Missing required feature columns: a, b`, in the words callers know.
 */
export function pickColumns(frame: Frame, names: readonly string[]): Column[] {
  const byName = new Map(frame.columns.map((column) => [column.name, column]));
  const missing = names.filter((name) => !byName.has(name));
  if (missing.length > 0) {
    throw new AppError('invalid_data', `Missing required feature columns: ${missing.join(', ')}`);
  }
  return names.flatMap((name) => byName.get(name) ?? []);
}

/** Positions of the rows by rising time (equal times keep their order), or null when they are in order. */
export function timeOrder(time: Float64Array): Uint32Array | null {
  if (isInOrder(time)) return null;
  return Uint32Array.from(time.keys()).sort((a, b) => (time[a] ?? 0) - (time[b] ?? 0) || a - b);
}

function isInOrder(time: Float64Array): boolean {
  for (let row = 1; row < time.length; row++) if (time[row]! < time[row - 1]!) return false;
  return true;
}

/** The same rows by rising time. */
export function sortByTime(frame: Frame): Frame {
  const order = timeOrder(frame.time);
  return order ? takeRows(frame, order) : frame;
}
