import { fourierTerms } from './fourier.js';
import type { Seasonality } from './seasonality.js';

export interface ProphetSettings {
  growth: 'linear' | 'flat';
  nChangepoints: number;
  /** Share of the history that change points lie in. */
  changepointRange: number;
  changepointPriorScale: number;
  seasonalityPriorScale: number;
  mode: 'additive' | 'multiplicative';
  seasonalities: readonly Seasonality[];
}

/** What the Stan program reads, under the names of its data block. */
export interface StanData {
  T: number;
  y: number[];
  t: number[];
  cap: number[];
  S: number;
  t_change: number[];
  trend_indicator: number;
  K: number;
  s_a: number[];
  s_m: number[];
  X: number[][];
  sigmas: number[];
  tau: number;
}

export interface StanInput {
  data: StanData;
  /** Where the optimiser begins: the line through the first and the last row. */
  initial: { k: number; m: number; delta: Float64Array; beta: Float64Array; sigmaObs: number };
  /** Epoch seconds of t = 0, and seconds of one unit of t. */
  start: number;
  span: number;
  yScale: number;
}

/**
 * Prepares a series for Prophet's Stan program as Prophet 1.1 does (`preprocess`, `set_changepoints`,
 * `linear_growth_init`). Done here and not by the library that brings the optimiser, because that one orders the
 * columns of X by a hash map with a random seed, and with it changes the optimum's last digits from call to call.
 *
 * @param seconds sorted epoch seconds, at least two different ones
 * @param values finite raw values, one a row
 */
export function stanInput(
  seconds: readonly number[],
  values: readonly number[],
  settings: ProphetSettings,
): StanInput {
  const start = seconds[0]!;
  const span = seconds.at(-1)! - start;
  const yScale = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0) || 1;
  const t = seconds.map((second) => (second - start) / span);
  const y = values.map((value) => value / yScale);
  const changepoints = chooseChangepoints(t, settings);
  const X = seconds.map((second) => fourierTerms(second / 86_400, settings.seasonalities));
  const columns = X[0]!.length;
  const additive = settings.mode === 'additive' ? 1 : 0;
  const k = settings.growth === 'flat' ? 0 : y.at(-1)! - y[0]!;
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
  return {
    data: {
      T: t.length,
      y,
      t,
      cap: t.map(() => 0),
      S: changepoints.length,
      t_change: changepoints,
      trend_indicator: settings.growth === 'flat' ? 2 : 0,
      K: columns,
      s_a: Array.from({ length: columns }, () => additive),
      s_m: Array.from({ length: columns }, () => 1 - additive),
      X,
      sigmas: Array.from({ length: columns }, () => settings.seasonalityPriorScale),
      tau: settings.changepointPriorScale,
    },
    initial: {
      k,
      m: settings.growth === 'flat' ? mean : y[0]!,
      delta: new Float64Array(changepoints.length),
      beta: new Float64Array(columns),
      sigmaObs: 1,
    },
    start,
    span,
    yScale,
  };
}

/** Evenly spaced rows of the first part of the history, its first row left out; one at 0 when there is room for none. */
function chooseChangepoints(
  t: readonly number[],
  { nChangepoints, changepointRange }: ProphetSettings,
): number[] {
  const history = Math.floor(t.length * changepointRange);
  const count = Math.min(nChangepoints, history - 1);
  if (count < 1) return [0];
  return Array.from({ length: count }, (_, i) => t[roundHalfEven(((i + 1) * (history - 1)) / count)]!);
}

/** As numpy rounds. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}
