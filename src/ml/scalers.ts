import type { ScalerName } from '../contracts/fitted-preprocess.js';
import { extent, mean, quantiles, standardDeviation } from './statistics.js';

/** `scaled = (value - center) / scale`. */
export interface Scaling {
  center: number;
  scale: number;
}

type FitScaler = (values: Float64Array) => Scaling;

/** As in scikit-learn, with its default options. */
const scalers: { [K in ScalerName]: FitScaler } = {
  MinMaxScaler: (values) => {
    const { min, max } = extent(values);
    return { center: min, scale: max - min };
  },
  StandardScaler: (values) => ({ center: mean(values), scale: standardDeviation(values) }),
  RobustScaler: (values) => {
    const [q1 = 0, median = 0, q3 = 0] = quantiles(values, [0.25, 0.5, 0.75]);
    return { center: median, scale: q3 - q1 };
  },
  MaxAbsScaler: (values) => {
    const { min, max } = extent(values);
    return { center: 0, scale: Math.max(Math.abs(min), Math.abs(max)) };
  },
  '': () => ({ center: 0, scale: 1 }),
};

/**
 * Fits a scaler to one column. A scale of 0 becomes 1, so that a constant column turns into zeros.
 *
 * @param values at least one, all finite.
 */
export function fitScaling(method: ScalerName, values: Float64Array): Scaling {
  const { center, scale } = scalers[method](values);
  return { center, scale: scale === 0 ? 1 : scale };
}

export function applyScaling(values: Float64Array, { center, scale }: Scaling): Float64Array {
  return values.map((value) => (value - center) / scale);
}
