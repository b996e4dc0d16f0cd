import { sliceRows, type Frame } from './frame.js';

/** Divides rows by time: the first `share` of them to train on, the rest to hold out. */
export function splitByTime(frame: Frame, share: number): { train: Frame; test: Frame } {
  const border = Math.round(frame.rows * share);
  return { train: sliceRows(frame, 0, border), test: sliceRows(frame, border, frame.rows) };
}
