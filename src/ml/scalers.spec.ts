import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scalerNames } from '../contracts/fitted-preprocess.js';
import { applyScaling, fitScaling } from './scalers.js';

const values = Float64Array.of(-4, 0, 1, 2, 6);

describe('scalers', () => {
  // scikit-learn 1.7 on [-4, 0, 1, 2, 6].
  it.each([
    ['MinMaxScaler', -4, 10],
    ['StandardScaler', 1, Math.sqrt(52 / 5)],
    ['RobustScaler', 1, 2],
    ['MaxAbsScaler', 0, 6],
    ['', 0, 1],
  ] as const)('%j has center %d and scale %d', (method, center, scale) => {
    const fitted = fitScaling(method, values);
    expect(fitted.center).toBe(center);
    expect(fitted.scale).toBeCloseTo(scale, 14);
  });

  it.each(scalerNames)('%j turns a zero scale into 1', (method) => {
    expect(fitScaling(method, new Float64Array(7)).scale).toBe(1);
    const tenth = new Float64Array(7).fill(0.1);
    expect(applyScaling(tenth, fitScaling(method, tenth)).every(Number.isFinite)).toBe(true);
  });

  it.each(['MinMaxScaler', 'StandardScaler', 'RobustScaler'] as const)(
    '%s turns a constant into zeros',
    (method) => {
      const tenth = new Float64Array(7).fill(0.1);
      expect([...applyScaling(tenth, fitScaling(method, tenth))]).toEqual(Array.from({ length: 7 }, () => 0));
    },
  );

  it('brings train values into [0, 1] by MinMaxScaler and into [-1, 1] by MaxAbsScaler', () => {
    const numbers = fc.array(fc.double({ noNaN: true, min: -1e100, max: 1e100 }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(numbers, (list) => {
        const column = Float64Array.from(list);
        const minMax = applyScaling(column, fitScaling('MinMaxScaler', column));
        expect(minMax.every((value) => value >= 0 && value <= 1)).toBe(true);
        const maxAbs = applyScaling(column, fitScaling('MaxAbsScaler', column));
        expect(maxAbs.every((value) => Math.abs(value) <= 1)).toBe(true);
      }),
    );
  });
});
