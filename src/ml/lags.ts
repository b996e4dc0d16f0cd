import type { Column, Frame } from './frame.js';
import { makeFrame, sliceRows } from './frame.js';

export interface Lags {
  /** Lagged copies of each column; 0 is none. */
  n: number;
  /** Rows from one copy to the next. */
  step: number;
}

/** First rows that are lost because a lag would reach before the table. */
export function lagRows({ n, step }: Lags): number {
  return n * step;
}

/** Distances in rows: step, 2·step, … n·step. */
function distances({ n, step }: Lags): number[] {
  return Array.from({ length: n }, (_, i) => (i + 1) * step);
}

/** The columns themselves, then all of them `step` rows back, then all of them `2·step` back, and so on. */
export function lagNames(names: readonly string[], lags: Lags): string[] {
  return [...names, ...distances(lags).flatMap((n) => names.map((name) => `${name}_lag(-${n})`))];
}

/**
 * Adds lagged copies in the order of `lagNames` and leaves out the first `n·step` rows. Every copy is a view into
 * the column that it lags: no memory of its own.
 */
export function addLags(frame: Frame, lags: Lags): Frame {
  const lost = Math.min(lagRows(lags), frame.rows);
  const { time, columns } = sliceRows(frame, lost, frame.rows);
  const lagged = distances(lags).flatMap((n) =>
    frame.columns.map(({ name, values }): Column => {
      const start = Math.max(lost - n, 0);
      return { name: `${name}_lag(-${n})`, values: values.subarray(start, start + time.length) };
    }),
  );
  return makeFrame(time, [...columns, ...lagged]);
}
