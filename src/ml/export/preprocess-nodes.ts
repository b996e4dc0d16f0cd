import type { FittedPreprocess } from '../../contracts/fitted-preprocess.js';
import type { Graph, Value } from '../onnx/graph.js';
import { appendTimeFeatures } from './time-nodes.js';

/** Rows of raw history that a window of `window` processed rows needs. */
export function rowsNeeded(fitted: FittedPreprocess, window: number): number {
  return window + fitted.lags.n * fitted.lags.step;
}

/**
 * `applyPreprocess` as graph nodes: fill, clip, time features, lags, scale. All in FP64 until the last step,
 * because a large centre would swallow the digits that float32 has left.
 *
 * @param time INT64 `[batch, rows]`, @param columns FP64 `[batch, rows, C]`; rows = `rowsNeeded(fitted, window)`
 * @returns FLOAT `[batch, window, F]`, features in the order of `fitted.features`
 */
export function appendPreprocess(
  graph: Graph,
  fitted: FittedPreprocess,
  window: number,
  time: Value,
  columns: Value,
): Value {
  const vector = (values: readonly number[]) => graph.doubles(Float64Array.from(values), [values.length]);
  const fill = vector(fitted.columns.map((column) => column.fill));
  let features = graph.op('Where', [graph.op('IsNaN', [columns]), fill, columns]);
  if (fitted.columns.some((column) => column.clip)) {
    const lower = vector(fitted.columns.map(({ clip }) => clip?.lower ?? -Infinity));
    const upper = vector(fitted.columns.map(({ clip }) => clip?.upper ?? Infinity));
    features = graph.op('Min', [graph.op('Max', [features, lower]), upper]);
  }
  if (fitted.time_features) {
    features = graph.op('Concat', [features, appendTimeFeatures(graph, time)], { axis: -1 });
  }
  features = appendLags(graph, fitted, window, features);
  const { center, scale } = fitted.scaler;
  const scaled = graph.op('Div', [graph.op('Sub', [features, vector(center)]), vector(scale)]);
  return graph.cast(scaled, 'float');
}

/** The window's rows, and beside them those `step`, `2·step`, … `n·step` earlier. */
function appendLags(graph: Graph, { lags }: FittedPreprocess, window: number, features: Value): Value {
  if (lags.n === 0) return features;
  const oldest = lags.n * lags.step;
  const parts = Array.from({ length: lags.n + 1 }, (_, lag) => {
    const start = oldest - lag * lags.step;
    return graph.op('Slice', [features, graph.ints([start]), graph.ints([start + window]), graph.ints([1])]);
  });
  return graph.op('Concat', parts, { axis: -1 });
}
