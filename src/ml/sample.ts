import { sliceRows, type Frame } from './frame.js';

/**
 * A number in [0, 1) that a seed decides, the same on every machine: the first output of mulberry32
 * (Tommy Ettinger, public domain).
 */
function seededFraction(seed: number): number {
  let state = (seed + 0x6d_2b_79_f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
}

/**
 * So many rows of a frame; 0, or more than there are, is all. `random` takes one contiguous block at a place that
 * the seed decides: shuffled rows are no time series.
 */
export function sampleRows(
  frame: Frame,
  { rows, strategy, seed }: { rows: number; strategy: 'head' | 'random'; seed: number },
): Frame {
  if (rows === 0 || rows >= frame.rows) return frame;
  const start = strategy === 'head' ? 0 : Math.floor(seededFraction(seed) * (frame.rows - rows + 1));
  return sliceRows(frame, start, start + rows);
}
