import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import type { FittedPreprocess } from '../contracts/fitted-preprocess.js';
import { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import type { Frame } from '../ml/frame.js';
import { fitPreprocess } from '../ml/preprocess.js';
import { windowOrigins } from '../ml/window-origins.js';
import type { HeldOut } from './held-out.js';
import { measureBaselines } from './measure-baselines.js';

const window = 3;

function measured(train: Frame, test: Frame, { targets = ['down'], horizon = 1, scales = [4] } = {}) {
  const parameters = ForecastingParameters.parse({ dataset_name: 'x', targets });
  const fitted: FittedPreprocess = fitPreprocess(train, parameters);
  const origins = windowOrigins(test, targets, window, horizon);
  const heldOut: HeldOut = { frame: test, targets, horizon, origins, scales };
  const [naive, ridge] = measureBaselines(train, heldOut, fitted, window);
  return { naive: naive!, ridge: ridge! };
}

/** A line that rises by 2 a row. */
const line = (rows: number, first = 0) => Array.from({ length: rows }, (_, row) => first + 2 * row);

describe('the baselines', () => {
  it('are NAIVE, wrong by each change, and RIDGE, right where the series is linear', () => {
    const { naive, ridge } = measured(frameOf({ down: line(50) }), frameOf({ down: line(20, 100) }));
    expect(naive.model_type).toBe('NAIVE');
    expect(naive.metrics).toEqual({
      rmse: 0.5,
      mae: 0.5,
      mse: 0.25,
      rmse_raw: 2,
      mae_raw: 2,
      mse_raw: 4,
      windows: 17,
    });
    expect(ridge.model_type).toBe('RIDGE');
    expect(ridge.metrics.windows).toBe(17);
    expect(ridge.metrics.rmse).toBeLessThan(0.01);
  });

  it('are measured over every step of the horizon', () => {
    const options = { horizon: 3 };
    const { naive } = measured(frameOf({ down: line(50) }), frameOf({ down: line(20, 100) }), options);
    expect(naive.metrics).toMatchObject({ mae_raw: (2 + 4 + 6) / 3, windows: 15 });
  });

  it('are measured over every target on its own scale', () => {
    const columns = (rows: number) => ({ down: line(rows), up: line(rows).map((value) => 10 * value) });
    const options = { targets: ['up', 'down'], scales: [40, 4] };
    const { naive } = measured(frameOf(columns(50)), frameOf(columns(20)), options);
    expect(naive.metrics).toMatchObject({ mae: 0.5, mae_raw: 11 });
  });

  it('begin with the train mean where the held-out rows begin without a value', () => {
    const nan = Number.NaN;
    const test = frameOf({ down: [nan, nan, nan, 7], up: [1, 2, 3, 4] });
    const { naive } = measured(frameOf({ down: [4, 6, 5, 5, 4, 6], up: line(6) }), test);
    expect(naive.metrics).toMatchObject({ mae_raw: 2, windows: 1 });
  });

  it('have no metrics where they cannot be fitted', () => {
    // No row after the first three, which a window takes, has its target.
    const nan = Number.NaN;
    const train = frameOf({ down: [1, 2, 3, nan, nan, nan, nan], up: line(7) });
    const { naive, ridge } = measured(train, frameOf({ down: line(9), up: line(9) }));
    expect(ridge.metrics).toMatchObject({ rmse: null, mae: null, mse: null, windows: 0 });
    expect(naive.metrics.windows).toBe(6);
  });
});
