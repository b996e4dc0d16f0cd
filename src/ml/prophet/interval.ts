import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { combine, type FittedProphet, seasonalAt, trendAt } from './fitted-prophet.js';

export interface ProphetForecast {
  /** Raw units, one a time. */
  point: Float64Array;
  /** The middle 80 % of the simulated values. */
  lower: Float64Array;
  upper: Float64Array;
}

const samples = 300;
const tails = 0.1;

/**
 * Point forecast and its interval as Prophet makes them: the trend may go on bending after the history as often and
 * as far as it did in it, and observations scatter around it. Takes memory for one row at a time.
 *
 * @param time epoch milliseconds, rising
 */
export function forecastWithInterval(
  model: FittedProphet,
  time: Float64Array,
  random: RandomGenerator,
): ProphetForecast {
  const point = new Float64Array(time.length);
  const lower = new Float64Array(time.length);
  const upper = new Float64Array(time.length);
  const futures = Array.from({ length: samples }, () => createFuture(model, random));
  const scatter = model.sigma * model.yScale;
  time.forEach((ms, row) => {
    const t = (ms / 1000 - model.start) / model.span;
    const trend = trendAt(model, t);
    const seasonal = seasonalAt(model, ms / 1000);
    const simulated = Float64Array.from(
      futures,
      (bendAt) => combine(model, trend + bendAt(t), seasonal) + gaussian(random) * scatter,
    ).sort();
    point[row] = combine(model, trend, seasonal);
    lower[row] = simulated[Math.round(tails * (samples - 1))]!;
    upper[row] = simulated[Math.round((1 - tails) * (samples - 1))]!;
  });
  return { point, lower, upper };
}

/**
 * One simulated future of the trend: how far it has bent away from the fitted one at t, asked for with rising t. Bends
 * begin where the history ends (t = 1) and come as a Poisson process with as many in a unit of t as the history has
 * change points; each changes the rate by a Laplace variable of their mean size.
 */
function createFuture({ growth, changepoints, delta }: FittedProphet, random: RandomGenerator) {
  const gap = () => (growth === 'flat' ? Infinity : exponential(random) / changepoints.length);
  const scale = delta.reduce((sum, value) => sum + Math.abs(value), 0) / delta.length + 1e-8;
  let next = 1 + gap();
  let rate = 0;
  let offset = 0;
  return (t: number): number => {
    for (; next <= t; next += gap()) {
      const change = laplace(scale, random);
      rate += change;
      offset += change * next;
    }
    return rate * t - offset;
  };
}

/** Mean 1. */
function exponential(random: RandomGenerator): number {
  return -Math.log(1 - uniformFloat64(random));
}

function laplace(scale: number, random: RandomGenerator): number {
  const size = scale * exponential(random);
  return uniformFloat64(random) < 0.5 ? -size : size;
}

/** Box and Muller (1958). */
function gaussian(random: RandomGenerator): number {
  return Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * uniformFloat64(random));
}
