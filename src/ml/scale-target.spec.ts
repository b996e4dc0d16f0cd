import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scalerNames } from '../contracts/fitted-preprocess.js';
import { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import { frameOf } from '../../test/factories/frame.js';
import { fitPreprocess } from './preprocess.js';
import { scaleTarget, unscaleTarget } from './scale-target.js';

const fit = (values: number[], scaler: string, given: Record<string, unknown> = {}) =>
  fitPreprocess(
    frameOf({ other: values.map((_, i) => i), down: values }),
    ForecastingParameters.parse({
      dataset_name: 'x',
      targets: 'down',
      scaler,
      ...given,
    }),
  );

describe('scaleTarget', () => {
  it('uses the scaler of the target', () => {
    expect(scaleTarget(fit([10, 20, 30], 'MinMaxScaler'), 'down', 25)).toBe(0.75);
  });

  it('neither clips nor fills truth', () => {
    const fitted = fit([1, 2, 3, 4, 100], 'MinMaxScaler', { clip_enable: true });
    expect(scaleTarget(fitted, 'down', 13)).toBe(2);
    expect(scaleTarget(fitted, 'down', Number.NaN)).toBeNaN();
  });

  it('refuses what is no feature', () => {
    expect(() => scaleTarget(fit([1, 2], ''), 'up', 1)).toThrow('"up" is not among the features');
  });

  it('comes back to the value that it scaled', () => {
    // Not closer together than a scale can divide by without overflow.
    const number = fc.integer({ min: -1e9, max: 1e9 }).map((thousandths) => thousandths / 1000);
    const train = fc.array(number, { minLength: 2, maxLength: 20 }).filter((list) => new Set(list).size > 1);
    fc.assert(
      fc.property(train, number, fc.constantFrom(...scalerNames), (list, value, scaler) => {
        const fitted = fit(list, scaler);
        const { center, scale } = {
          center: fitted.scaler.center[1] ?? 0,
          scale: fitted.scaler.scale[1] ?? 1,
        };
        // A subtraction and an addition of the centre lose at most its last digits.
        const tolerance = 1e-12 * (Math.abs(value) + Math.abs(center) + scale);
        expect(
          Math.abs(unscaleTarget(fitted, 'down', scaleTarget(fitted, 'down', value)) - value),
        ).toBeLessThanOrEqual(tolerance);
      }),
    );
  });
});
