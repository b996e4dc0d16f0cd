import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extent, mean, quantiles, standardDeviation } from './statistics.js';

const of = (...values: number[]) => Float64Array.from(values);
const nan = Number.NaN;

describe('statistics', () => {
  it('passes over empty cells', () => {
    expect(extent(of(nan, 3, -1, nan))).toEqual({ min: -1, max: 3 });
    expect(mean(of(nan, 3, 1))).toBe(2);
    expect(standardDeviation(of(3, nan, 1))).toBe(1);
    expect(quantiles(of(3, nan, 1, nan), [0.5, 1])).toEqual([2, 3]);
  });

  it('says NaN for the mean of nothing', () => {
    expect(mean(of())).toBeNaN();
    expect(mean(of(nan, nan))).toBeNaN();
  });

  it('sees no variation in a constant column, however it rounds', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 40 }),
        (value, n) => {
          const values = new Float64Array(n).fill(value);
          expect(mean(values)).toBe(value);
          expect(standardDeviation(values)).toBe(0);
        },
      ),
    );
  });

  it('divides by n', () => {
    expect(standardDeviation(of(2, 4, 4, 4, 5, 5, 7, 9))).toBe(2);
  });

  // numpy 2: np.quantile([7, 1, 3, 10], [0, 0.1, 0.25, 0.5, 0.75, 1])
  it('has the quantiles of numpy', () => {
    expect(quantiles(of(7, 1, 3, 10), [0, 0.1, 0.25, 0.5, 0.75, 1])).toEqual([1, 1.6, 2.5, 5, 7.75, 10]);
    expect(quantiles(of(4), [0, 0.3, 1])).toEqual([4, 4, 4]);
    // To the last bit: computed from below it would end in 599.
    expect(quantiles(of(1, 1.9, 0.3), [0.4])).toEqual([0.860_000_000_000_000_1]);
  });

  it('leaves what it was given in its order', () => {
    const values = of(3, 1, 2);
    quantiles(values, [0.5]);
    expect([...values]).toEqual([3, 1, 2]);
  });

  it('has quantiles that rise and stay within the values', () => {
    const numbers = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(numbers, fc.double({ noNaN: true, min: 0, max: 1 }), (values, share) => {
        const [least = nan, some = nan, most = nan] = quantiles(Float64Array.from(values), [0, share, 1]);
        expect([least, most]).toEqual(
          [Math.min(...values) + 0, Math.max(...values) + 0].map((v) => expect.closeTo(v, 6)),
        );
        expect(some).toBeGreaterThanOrEqual(least);
        expect(some).toBeLessThanOrEqual(most);
      }),
    );
  });
});
