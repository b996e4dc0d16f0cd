import { AppError } from '../../contracts/app-error.js';
import { pickColumns, type Frame } from '../frame.js';
import { mean, standardDeviation } from '../statistics.js';
import { windowOrigins } from '../window-origins.js';
import { factorCholesky, solveCholesky } from './cholesky.js';
import type { Series } from './lag-products.js';
import { normalEquations } from './normal-equations.js';

/** Penalty as a share of the mean diagonal of the normal equations: enough to solve them, and not tuned. */
const penalty = 1e-6;

/**
 * Beyond so many features only the newest rows of a window are used: Cholesky costs their cube (0.4 s at 1,000),
 * and a baseline must not cost more than the model that it stands beside.
 */
const maxFeatures = 1000;

interface Standard {
  mean: number;
  scale: number;
}

export interface RidgeModel {
  columns: string[];
  targets: string[];
  /** Newest rows before the origin that it looks at. */
  window: number;
  horizon: number;
  columnStandards: Standard[];
  targetStandards: Standard[];
  /** `[horizon · targets][window · columns]` and one constant each, between standardised values. */
  weights: Float64Array[];
  constants: Float64Array;
}

export interface FitRidgeOptions {
  /** Raw train rows; NaN is an empty cell. */
  train: Frame;
  /** Raw columns that the windows hold. */
  columns: readonly string[];
  targets: readonly string[];
  /** Rows of a window. */
  window: number;
  horizon: number;
}

function fitStandard(values: Float64Array): Standard {
  const [center, deviation] = [mean(values), standardDeviation(values)];
  return {
    mean: Number.isFinite(center) ? center : 0,
    scale: deviation > 0 && deviation < Infinity ? deviation : 1,
  };
}

/** Standardised rows; an empty cell becomes 0, the train mean. */
function toSeries(frame: Frame, names: readonly string[], standards: readonly Standard[]): Series {
  const columns = pickColumns(frame, names);
  const series = { values: new Float64Array(frame.rows * columns.length), width: columns.length };
  for (const [c, { values }] of columns.entries()) {
    const { mean = 0, scale = 1 } = standards[c] ?? {};
    values.forEach((value, row) => {
      series.values[row * series.width + c] = Number.isNaN(value) ? 0 : (value - mean) / scale;
    });
  }
  return series;
}

/** Cholesky factor of the penalised matrix; the penalty grows tenfold until rounding lets it be factored. */
function factorPenalised(gram: Float64Array, size: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += gram[i * size + i] ?? 0;
  for (let share = penalty; share <= 1; share *= 10) {
    const factor = gram.slice();
    const lambda = share * (trace > 0 ? trace / size : 1);
    for (let i = 0; i < size; i++) factor[i * size + i] = (factor[i * size + i] ?? 0) + lambda;
    if (factorCholesky(factor, size)) return factor;
  }
  throw new AppError('not_finite', 'the normal equations of RIDGE cannot be solved');
}

/**
 * The baseline RIDGE: one linear forecast of every horizon step and target from the raw columns of the window, in
 * closed form. Columns are standardised for the sake of conditioning, the constant is not penalised, and windows
 * whose target is missing are left out.
 *
 * @throws AppError `invalid_data` when no train window is complete.
 */
export function fitRidge({ train, columns, targets, window, horizon }: FitRidgeOptions): RidgeModel {
  const origins = windowOrigins(train, targets, window, horizon);
  if (origins.length === 0) {
    throw new AppError(
      'invalid_data',
      `no train window of ${window} + ${horizon} rows has all its target values`,
    );
  }
  const columnStandards = pickColumns(train, columns).map(({ values }) => fitStandard(values));
  const targetStandards = pickColumns(train, targets).map(({ values }) => fitStandard(values));
  const x = toSeries(train, columns, columnStandards);
  const y = toSeries(train, targets, targetStandards);
  const rows = Math.max(1, Math.min(window, Math.floor(maxFeatures / x.width)));
  const features = rows * x.width;
  const { gram, cross, featureMeans, outputMeans } = normalEquations(x, y, origins, rows, horizon);
  const factor = factorPenalised(gram, features);
  for (const products of cross) solveCholesky(factor, features, products);
  const constants = outputMeans.map((outputMean, output) => {
    const weights = cross[output] ?? new Float64Array();
    return weights.reduce((rest, weight, i) => rest - weight * (featureMeans[i] ?? 0), outputMean);
  });
  return {
    columns: [...columns],
    targets: [...targets],
    window: rows,
    horizon,
    columnStandards,
    targetStandards,
    // The right-hand sides were solved in place.
    weights: cross,
    constants,
  };
}

/**
 * @param frame raw rows; each origin needs the rows before it.
 * @returns raw units, `[origins, horizon, targets]` flat row-major.
 */
export function forecastRidge(model: RidgeModel, frame: Frame, origins: Int32Array): Float64Array {
  const { values, width } = toSeries(frame, model.columns, model.columnStandards);
  const out = new Float64Array(origins.length * model.weights.length);
  for (const [window, origin] of origins.entries()) {
    const start = (origin - model.window) * width;
    for (const [output, weights] of model.weights.entries()) {
      const { mean = 0, scale = 1 } = model.targetStandards[output % model.targets.length] ?? {};
      let sum = model.constants[output] ?? 0;
      for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (values[start + i] ?? 0);
      out[window * model.weights.length + output] = sum * scale + mean;
    }
  }
  return out;
}
