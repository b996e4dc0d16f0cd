import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import { describe, expect, it } from 'vitest';
import { defaultScoreWeights as weights } from '../contracts/score-weights.js';
import { bootstrapScores } from './block-bootstrap.js';
import type { WindowErrors } from './window-errors.js';

const absoluteOnly = { rmse: 0, mae: 1, mse: 0 };

function errors(values: readonly number[]): WindowErrors {
  const absolute = Float64Array.from(values, Math.abs);
  return { absolute, square: absolute.map((value) => value * value), values: 1 };
}

/** An autoregressive series of errors: neighbours are the more alike, the nearer `likeness` is to 1. */
function series(windows: number, likeness: number, seed: number): number[] {
  const random = mersenne(seed);
  let last = 0;
  return Array.from({ length: windows }, () => {
    last = likeness * last + (uniformFloat64(random) - 0.5);
    return last;
  });
}

describe('the bootstrap of two scores', () => {
  it('finds the difference, the same each time', () => {
    const champion = errors(series(500, 0.5, 1));
    const challenger = { ...champion, absolute: champion.absolute.map((value) => 0.9 * value) };
    const difference = bootstrapScores(challenger, champion, absoluteOnly);
    expect(difference).toMatchObject({ probability_better: 1, block: 8 });
    for (const key of ['better_percent', 'low_percent', 'high_percent'] as const) {
      expect(difference![key]).toBeCloseTo(10, 9);
    }
    expect(bootstrapScores(challenger, champion, absoluteOnly)).toEqual(difference);
  });

  it('pairs the windows: what both find hard says nothing about which is better', () => {
    const hard = series(400, 0.9, 2).map((value) => 1 + 10 * Math.abs(value));
    const difference = bootstrapScores(errors(hard), errors(hard.map((value) => value + 0.1)), weights);
    expect(difference!.low_percent).toBeGreaterThan(0);
    expect(difference!.probability_better).toBe(1);
  });

  it('is unsure where the difference comes from a few windows', () => {
    const flat = Array<number>(300).fill(1);
    const lucky = flat.map((value, window) => (window < 3 ? 0 : value));
    const difference = bootstrapScores(errors(lucky), errors(flat), weights);
    expect(difference!.better_percent).toBeGreaterThan(0);
    expect(difference!.low_percent).toBe(0);
    expect(difference!.probability_better).toBeLessThan(1);
  });

  it('holds the true difference about as often as it says', () => {
    // Both err alike in the long run: 0 must lie in about 95 of 100 intervals. Blocks of one window would have far fewer.
    const held = (horizon?: number) =>
      Array.from({ length: 100 }, (_, i) => {
        const [a, b] = [series(600, 0.6, 1_000 + i), series(600, 0.6, 5_000 + i)];
        const { low_percent, high_percent } = bootstrapScores(errors(a), errors(b), absoluteOnly, {
          resamples: 200,
          horizon,
        })!;
        return low_percent <= 0 && high_percent >= 0;
      }).filter(Boolean).length;
    expect(held()).toBeGreaterThanOrEqual(87);
    expect(held(30)).toBeGreaterThanOrEqual(87);
  });

  it('draws windows that share forecast rows together', () => {
    const some = errors(series(100, 0, 3));
    expect(bootstrapScores(some, errors(series(100, 0, 4)), weights, { horizon: 24 })!.block).toBe(24);
    expect(bootstrapScores(some, errors(series(100, 0, 4)), weights, { horizon: 500 })!.block).toBe(100);
  });

  it.each([
    ['the challenger has no score', [Number.NaN, 1], [1, 1]],
    ['the champion has no score', [1, 1], [Infinity, 1]],
    ['the champion is never wrong', [1, 1], [0, 0]],
  ])('says nothing where %s', (_, challenger, champion) => {
    expect(bootstrapScores(errors(challenger), errors(champion), weights)).toBeNull();
  });
});
