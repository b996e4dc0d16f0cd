import { dataFault } from './data-fault.js';
import { takeRows, type Frame } from './frame.js';

/** @throws AppError `invalid_data` naming the first empty cell: what a run with `handle_nans` off says to one. */
export function refuseEmptyCells(frame: Frame): void {
  for (const { name, values } of frame.columns) {
    const row = values.findIndex((value) => Number.isNaN(value));
    if (row === -1) continue;
    const time = new Date(frame.time[row] ?? 0).toISOString();
    throw dataFault({ column: name, row: row + 1 }, `(${time}) is an empty cell, and handle_nans is off`);
  }
}

/**
 * Leaves out the rows with fewer than `ceil(columns · (1 - threshold))` values. What is left may have gaps in time
 * that windows run across; the score is therefore taken on rows that were not dropped.
 */
export function dropSparseRows(frame: Frame, threshold: number): Frame {
  // 10 · (1 - 0.7) is 3.0000000000000004 in binary, and its ceiling would ask for one value too many.
  const needed = Math.ceil(frame.columns.length * (1 - threshold) - 1e-9);
  const filled = (row: number) =>
    frame.columns.reduce((count, { values }) => count + (Number.isNaN(values[row]) ? 0 : 1), 0);
  const kept = Uint32Array.from(frame.time.keys()).filter((row) => filled(row) >= needed);
  return kept.length === frame.rows ? frame : takeRows(frame, kept);
}

/** The values with every empty cell replaced; the same array when there is none. */
export function fillGaps(values: Float64Array, fill: number): Float64Array {
  if (!values.some(Number.isNaN)) return values;
  return values.map((value) => (Number.isNaN(value) ? fill : value));
}
