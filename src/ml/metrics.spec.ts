import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMetricSums } from './metrics.js';

describe('createMetricSums', () => {
  it('takes means over windows, steps and targets, on both scales', () => {
    const sums = createMetricSums([10, 1]);
    sums.add([20, 3], [0, 0]);
    sums.add([0, 0], [-10, 2]);
    expect(sums.count()).toBe(4);
    // Scaled errors 2, 3, 1, 2; raw errors 20, 3, 10, 2.
    expect(sums.metrics()).toEqual({
      rmse: Math.sqrt(18 / 4),
      mae: 2,
      mse: 18 / 4,
      rmse_raw: Math.sqrt(513 / 4),
      mae_raw: 35 / 4,
      mse_raw: 513 / 4,
    });
  });

  it('says null for what is not finite', () => {
    const nothing = { rmse: null, mae: null, mse: null, rmse_raw: null, mae_raw: null, mse_raw: null };
    expect(createMetricSums([1]).metrics()).toEqual(nothing);
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const sums = createMetricSums([1]);
      sums.add([1, bad], [1, 1]);
      expect(sums.metrics()).toEqual(nothing);
    }
    const large = createMetricSums([1e200]);
    large.add([1e200], [0]);
    expect(large.metrics()).toMatchObject({
      rmse: 1,
      mae: 1,
      mse: 1,
      rmse_raw: null,
      mae_raw: 1e200,
      mse_raw: null,
    });
  });

  it('refuses predictions that do not fit the truth', () => {
    expect(() => createMetricSums([1]).add([1], [1, 2])).toThrow(RangeError);
    expect(() => createMetricSums([1, 1]).add([1, 2, 3], [1, 2, 3])).toThrow(RangeError);
  });

  it('does not depend on how windows are cut into calls', () => {
    const pairs = fc.array(fc.tuple(fc.integer(), fc.integer()), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(pairs, fc.nat(), (list, cut) => {
        const [predicted, truth] = [list.map(([p]) => p), list.map(([, t]) => t)];
        const at = cut % list.length;
        const whole = createMetricSums([3]);
        whole.add(predicted, truth);
        const parts = createMetricSums([3]);
        parts.add(predicted.slice(0, at), truth.slice(0, at));
        parts.add(predicted.slice(at), truth.slice(at));
        expect(parts.metrics()).toEqual(whole.metrics());
      }),
    );
  });
});
