import { makeFrame, type Frame } from '../../src/ml/frame.js';

const minute = 60_000;

interface FrameOptions {
  /** Epoch milliseconds of the first row; 2024-01-01 00:00, a Monday, by default. */
  start?: number;
  stepMs?: number;
}

/** A frame of these columns, one row a minute: `frameOf({ down: [1, 2, Number.NaN] })`. */
export function frameOf(columns: Record<string, ArrayLike<number>>, options: FrameOptions = {}): Frame {
  const { start = Date.UTC(2024, 0, 1), stepMs = minute } = options;
  const rows = Object.values(columns)[0]?.length ?? 0;
  return makeFrame(
    Float64Array.from({ length: rows }, (_, row) => start + row * stepMs),
    Object.entries(columns).map(([name, values]) => ({ name, values: Float64Array.from(values) })),
  );
}

/** The values of one column, to compare with. */
export function columnOf(frame: Frame, name: string): number[] {
  const column = frame.columns.find((candidate) => candidate.name === name);
  if (!column) throw new Error(`the frame has no column "${name}"`);
  return [...column.values];
}
