import { fourierTerms } from './fourier.js';
import type { Seasonality } from './seasonality.js';

/**
 * A fitted Prophet model of one target (Taylor & Letham 2018, "Forecasting at scale"):
 * `y(t) = (trend(t) · (1 + multiplicative(t)) + additive(t)) · yScale`.
 */
export interface FittedProphet {
  growth: 'linear' | 'flat';
  mode: 'additive' | 'multiplicative';
  seasonalities: readonly Seasonality[];
  /** Epoch seconds of t = 0, and seconds of one unit of t. */
  start: number;
  span: number;
  yScale: number;
  /** Growth rate and offset at t = 0. */
  k: number;
  m: number;
  /** Where the rate changes, in units of t, and by how much. */
  changepoints: readonly number[];
  delta: readonly number[];
  /** Coefficients of the Fourier terms. */
  beta: readonly number[];
  /** Standard deviation of the observations, in units of yScale. */
  sigma: number;
}

/**
 * Piecewise linear trend in units of yScale: `m + k·t + Σ delta_i · max(0, t - changepoint_i)`, which is Prophet's
 * form without its offsets.
 */
export function trendAt(model: FittedProphet, t: number): number {
  if (model.growth === 'flat') return model.m;
  return model.changepoints.reduce(
    (sum, changepoint, i) => sum + model.delta[i]! * Math.max(0, t - changepoint),
    model.m + model.k * t,
  );
}

/** Sum of the seasonal components at epoch seconds, in units of yScale (or of the trend, when multiplicative). */
export function seasonalAt(model: FittedProphet, seconds: number): number {
  return fourierTerms(seconds / 86_400, model.seasonalities).reduce(
    (sum, term, i) => sum + term * model.beta[i]!,
    0,
  );
}

/** Trend and season put together, in raw units. */
export function combine(model: FittedProphet, trend: number, seasonal: number): number {
  return (model.mode === 'additive' ? trend + seasonal : trend * (1 + seasonal)) * model.yScale;
}
