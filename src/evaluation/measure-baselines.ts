import { AppError } from '../contracts/app-error.js';
import type { FittedPreprocess } from '../contracts/fitted-preprocess.js';
import type { ForecastMetrics } from '../contracts/metrics.js';
import { forecastNaive } from '../ml/baselines/naive.js';
import { fitRidge, forecastRidge } from '../ml/baselines/ridge.js';
import type { Frame } from '../ml/frame.js';
import { type HeldOut, measure } from './held-out.js';

interface Baseline {
  model_type: 'NAIVE' | 'RIDGE';
  metrics: ForecastMetrics;
  seconds: number;
}

/** The two baselines on the rows that the models are measured on. They stand on every scoreboard and never serve. */
export function measureBaselines(
  train: Frame,
  heldOut: HeldOut,
  fitted: FittedPreprocess,
  window: number,
): Baseline[] {
  const { frame, targets, origins, horizon } = heldOut;
  const names = fitted.columns.map(({ name }) => name);
  return [
    measureNaive(heldOut, fitted),
    timed('RIDGE', heldOut, () => {
      const model = fitRidge({ train, columns: names, targets, window, horizon });
      return forecastRidge(model, frame, origins);
    }),
  ];
}

/** The baseline that every model has to beat. */
export function measureNaive(heldOut: HeldOut, { columns }: FittedPreprocess): Baseline {
  const fills = heldOut.targets.map((target) => columns.find(({ name }) => name === target)?.fill ?? 0);
  return timed('NAIVE', heldOut, () => forecastNaive({ ...heldOut, fills }));
}

function timed(model_type: Baseline['model_type'], heldOut: HeldOut, forecast: () => Float64Array): Baseline {
  const began = performance.now();
  const metrics = measureIfPossible(heldOut, forecast);
  return { model_type, metrics, seconds: (performance.now() - began) / 1000 };
}

/** A baseline that cannot be fitted to a series has no metrics; that must not cost the run its models. */
function measureIfPossible(heldOut: HeldOut, forecast: () => Float64Array): ForecastMetrics {
  try {
    return measure(heldOut, forecast());
  } catch (error) {
    if (!(error instanceof AppError) || !error.permanent) throw error;
    return { rmse: null, mae: null, mse: null, rmse_raw: null, mae_raw: null, mse_raw: null, windows: 0 };
  }
}
