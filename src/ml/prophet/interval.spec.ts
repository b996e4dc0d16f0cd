import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { describe, expect, it } from 'vitest';
import { fittedProphet } from '../../../test/factories/fitted-prophet.js';
import { combine, type FittedProphet, seasonalAt, trendAt } from './fitted-prophet.js';
import { forecastWithInterval } from './interval.js';

const day = 86_400_000;
/** Rows of the time after the history, from its end to half of its length later. */
const future = Float64Array.from({ length: 50 }, (_, row) => Date.UTC(2024, 0, 1) + (101 + row) * day);

type Draw = ReturnType<typeof drawing>;

function drawing(random: RandomGenerator) {
  const uniform = () => uniformFloat64(random);
  const sign = () => (uniformInt(random, 0, 1) === 0 ? -1 : 1);
  return {
    uniform,
    /** Twelve uniform numbers have variance 1. */
    normal: () => Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, -6),
    laplace: (scale: number) => -scale * Math.log(1 - uniform()) * sign(),
  };
}

/** One future as the model says futures come about: bends at places drawn one by one in small steps of t, then noise. */
function simulate(
  model: FittedProphet,
  time: Float64Array,
  { uniform, normal, laplace }: Draw,
): Float64Array {
  const size = model.delta.reduce((sum, value) => sum + Math.abs(value), 0) / model.delta.length;
  const [tick, end] = [1e-3, 1.6];
  const places = Array.from({ length: Math.round((end - 1) / tick) }, (_, i) => 1 + i * tick);
  const bends = places
    .filter(() => model.growth === 'linear' && uniform() < model.changepoints.length * tick)
    .map((at) => ({ at, change: laplace(size) }));
  return time.map((ms) => {
    const t = (ms / 1000 - model.start) / model.span;
    const bend = bends.reduce((sum, { at, change }) => sum + change * Math.max(0, t - at), 0);
    const trend = trendAt(model, t) + bend;
    return combine(model, trend, seasonalAt(model, ms / 1000)) + normal() * model.sigma * model.yScale;
  });
}

describe('the interval of a forecast', () => {
  it.each([
    ['additive', fittedProphet()],
    ['multiplicative', fittedProphet({ mode: 'multiplicative' })],
    ['flat', fittedProphet({ growth: 'flat' })],
    ['without noise', fittedProphet({ sigma: 1e-9 })],
  ])('holds about 80 in a hundred of what the model says may come: %s', (_, model) => {
    const { lower, upper } = forecastWithInterval(model, future, mersenne(1));
    const draw = drawing(mersenne(2));
    const futures = Array.from({ length: 400 }, () => simulate(model, future, draw));
    const inside = (values: Float64Array) =>
      values.filter((value, row) => value >= lower[row]! && value <= upper[row]!).length;
    const share = futures.reduce((sum, values) => sum + inside(values), 0) / (400 * future.length);
    expect(share).toBeGreaterThan(0.76);
    expect(share).toBeLessThan(0.84);
  });

  it('lies around the point, which is trend and season alone', () => {
    const model = fittedProphet();
    const { point, lower, upper } = forecastWithInterval(model, future, mersenne(1));
    future.forEach((ms, row) => {
      const t = (ms / 1000 - model.start) / model.span;
      expect(point[row]).toBe(combine(model, trendAt(model, t), seasonalAt(model, ms / 1000)));
      expect(lower[row]).toBeLessThan(point[row]!);
      expect(upper[row]).toBeGreaterThan(point[row]!);
    });
  });

  it('grows with the distance from the history where the trend bends, and does not where it is flat', () => {
    const widths = (model: FittedProphet) => {
      const { lower, upper } = forecastWithInterval(model, future, mersenne(1));
      return [upper[0]! - lower[0]!, upper.at(-1)! - lower.at(-1)!] as const;
    };
    const [near, far] = widths(fittedProphet());
    expect(far).toBeGreaterThan(1.5 * near);
    const [nearFlat, farFlat] = widths(fittedProphet({ growth: 'flat' }));
    expect(farFlat / nearFlat).toBeCloseTo(1, 0);
  });

  it('is the same for the same seed and another for another one', () => {
    const lowerOf = (seed: number) => forecastWithInterval(fittedProphet(), future, mersenne(seed)).lower;
    expect(lowerOf(7)).toEqual(lowerOf(7));
    expect(lowerOf(7)).not.toEqual(lowerOf(8));
  });

  it('is of observations alone within the history', () => {
    const model = fittedProphet({ sigma: 0 });
    const { point, lower, upper } = forecastWithInterval(
      model,
      future.map((ms) => ms - 60 * day),
      mersenne(1),
    );
    expect(lower).toEqual(point);
    expect(upper).toEqual(point);
  });
});
