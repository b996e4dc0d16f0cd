import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipValues, fitClip } from './clip.js';

const values = Float64Array.of(1, 2, 3, 4, 100);

describe('clip', () => {
  it('has bounds from the quartiles', () => {
    expect(fitClip(values, 'iqr', 1.5)).toEqual({ lower: -1, upper: 7 });
    expect(fitClip(values, 'iqr', 0)).toEqual({ lower: 2, upper: 4 });
  });

  it('does not count empty cells', () => {
    const gaps = Float64Array.of(Number.NaN, ...values, Number.NaN);
    expect(fitClip(gaps, 'iqr', 1.5)).toEqual(fitClip(values, 'iqr', 1.5));
  });

  it('has bounds from two percentiles', () => {
    expect(fitClip(values, 'percentile', 0.25)).toEqual({ lower: 2, upper: 4 });
    expect(fitClip(values, 'percentile', 0)).toEqual({ lower: 1, upper: 100 });
  });

  it('moves what is outside to the bound and nothing else', () => {
    expect([...clipValues(values, { lower: 2, upper: 7 })]).toEqual([2, 2, 3, 4, 7]);
    expect([...values]).toEqual([1, 2, 3, 4, 100]);
  });

  it('does nothing the second time', () => {
    const numbers = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(numbers, fc.double({ noNaN: true, min: 0, max: 0.49 }), (list, factor) => {
        const bounds = fitClip(Float64Array.from(list), 'percentile', factor);
        const once = clipValues(Float64Array.from(list), bounds);
        expect(clipValues(once, bounds)).toEqual(once);
        expect(once.every((value) => value >= bounds.lower && value <= bounds.upper)).toBe(true);
      }),
    );
  });
});
