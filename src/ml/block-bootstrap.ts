import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';
import type { ScoreWeights } from '../contracts/score-weights.js';
import { score } from './score.js';
import { quantiles } from './statistics.js';
import type { WindowErrors } from './window-errors.js';

/** How much better the challenger's score is, in percent of the champion's: positive is better. */
export interface ScoreDifference {
  better_percent: number;
  /** Bounds of the interval that holds it with the asked confidence. */
  low_percent: number;
  high_percent: number;
  /** Share of the resamples in which the challenger is better. */
  probability_better: number;
  /** Windows in a row that were drawn together. */
  block: number;
}

interface BootstrapSettings {
  /** Of the interval: 0.95, say. */
  confidence?: number;
  resamples?: number;
  /** Forecast rows that neighbouring windows share: they are never drawn apart. */
  horizon?: number;
}

/** The same windows give the same interval. */
const seed = 1;

/**
 * How sure it is that one forecaster scores better than another on the same windows: a paired circular block bootstrap
 * of their scores. Blocks of neighbouring windows are drawn, the same for both, because errors of neighbours are
 * alike: windows drawn one by one would make the interval too narrow.
 *
 * Politis and Romano, "A circular block-resampling procedure for stationary data" (1992); the length of a block grows
 * with the cube root of their number: Hall, Horowitz and Jing, "On blocking rules for the bootstrap with dependent
 * data", Biometrika 82 (1995).
 *
 * @param challenger of the same windows, in order of time, as the champion's
 * @returns null when either has no finite score, or the champion is never wrong
 */
export function bootstrapScores(
  challenger: WindowErrors,
  champion: WindowErrors,
  weights: ScoreWeights,
  { confidence = 0.95, resamples = 1_000, horizon = 1 }: BootstrapSettings = {},
): ScoreDifference | null {
  const windows = challenger.absolute.length;
  const block = Math.min(windows, Math.max(horizon, Math.ceil(Math.cbrt(windows))));
  const blocks = Math.ceil(windows / block);
  const [own, theirs] = [blockSums(challenger, block), blockSums(champion, block)];
  const random = mersenne(seed);
  const differences = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    const starts = Int32Array.from({ length: blocks }, () => uniformInt(random, 0, windows - 1));
    const better = betterPercent(total(own, starts), total(theirs, starts), weights);
    if (better === null) return null;
    differences[i] = better;
  }
  const everyWindow = Int32Array.from({ length: windows }, (_, start) => start);
  // Every window is in as many of the blocks that begin somewhere: all of them together weigh each alike.
  const better = betterPercent(total(own, everyWindow), total(theirs, everyWindow), weights);
  if (better === null) return null;
  const tail = (1 - confidence) / 2;
  const [low, high] = quantiles(differences, [tail, 1 - tail]);
  return {
    better_percent: better,
    low_percent: low!,
    high_percent: high!,
    probability_better: differences.filter((value) => value > 0).length / resamples,
    block,
  };
}

interface BlockSums {
  /** Of the block that begins at each window, going on at the first one behind the last. */
  absolute: Float64Array;
  square: Float64Array;
  /** Of a block. */
  values: number;
}

function blockSums({ absolute, square, values }: WindowErrors, block: number): BlockSums {
  return {
    absolute: runningSums(absolute, block),
    square: runningSums(square, block),
    values: values * block,
  };
}

function runningSums(values: Float64Array, block: number): Float64Array {
  const sums = new Float64Array(values.length);
  for (let start = 0; start < values.length; start++) {
    let sum = 0;
    for (let i = 0; i < block; i++) sum += values[(start + i) % values.length]!;
    sums[start] = sum;
  }
  return sums;
}

interface Total {
  absolute: number;
  square: number;
  values: number;
}

function total({ absolute, square, values }: BlockSums, starts: Int32Array): Total {
  const sum = { absolute: 0, square: 0, values: values * starts.length };
  for (const start of starts) {
    sum.absolute += absolute[start]!;
    sum.square += square[start]!;
  }
  return sum;
}

function betterPercent(own: Total, theirs: Total, weights: ScoreWeights): number | null {
  const [ours, other] = [scoreOf(own, weights), scoreOf(theirs, weights)];
  if (ours === null || other === null || other === 0) return null;
  const percent = (100 * (other - ours)) / other;
  return Number.isFinite(percent) ? percent : null;
}

function scoreOf({ absolute, square, values }: Total, weights: ScoreWeights): number | null {
  const mse = square / values;
  return score({ rmse: Math.sqrt(mse), mae: absolute / values, mse }, weights);
}
