import { Graph, type Value } from '../onnx/graph.js';
import type { FittedProphet } from '../prophet/fitted-prophet.js';
import { frequencies } from '../prophet/fourier.js';
import { signature } from './signature.js';

/**
 * Fitted Prophet models, one per target, as one model with the signature of every forecaster. Only the last row's
 * time matters: the forecast is for `step`, `2·step`, … after it.
 *
 * @param stepMs spacing of the series in milliseconds
 * @param columnCount raw columns of the input, which Prophet does not look at
 */
export function prophetModel(
  models: readonly FittedProphet[],
  { stepMs, horizon, columnCount }: { stepMs: number; horizon: number; columnCount: number },
): Uint8Array {
  const graph = new Graph('PROPHET_forecaster');
  const time = graph.input(signature.time, 'int64', ['batch', 'rows']);
  graph.input(signature.columns, 'double', ['batch', 'rows', columnCount]);
  const last = graph.op('Slice', [
    time,
    graph.ints([-1]),
    graph.ints([Number.MAX_SAFE_INTEGER]),
    graph.ints([1]),
  ]);
  const offsets = Array.from({ length: horizon }, (_, i) => (i + 1) * stepMs);
  const future = graph.op('Add', [last, graph.ints(offsets)]);
  const seconds = graph.op('Div', [graph.cast(future, 'double'), graph.scalar(1000, 'double')]);
  // [batch, horizon, 1], so that a vector of coefficients broadcasts along the last axis.
  const at = graph.op('Unsqueeze', [seconds, graph.ints([-1])]);
  const forecasts = models.map((model) => appendProphet(graph, model, at));
  const joined = forecasts.length === 1 ? forecasts[0]! : graph.op('Concat', forecasts, { axis: -1 });
  graph.output(signature.forecast, joined, 'double', ['batch', horizon, models.length]);
  return graph.toModel();
}

/** @param at FP64 `[batch, horizon, 1]`, epoch seconds; @returns FP64 `[batch, horizon, 1]` */
function appendProphet(graph: Graph, model: FittedProphet, at: Value): Value {
  const double = (value: number) => graph.scalar(value, 'double');
  const trend = appendTrend(graph, model, at);
  const seasonal = appendSeasonal(graph, model, at);
  const combined =
    model.mode === 'additive'
      ? graph.op('Add', [trend, seasonal])
      : graph.op('Mul', [trend, graph.op('Add', [seasonal, double(1)])]);
  return graph.op('Mul', [combined, double(model.yScale)]);
}

/** `trendAt` as nodes; a flat trend is a scalar. */
function appendTrend(graph: Graph, model: FittedProphet, at: Value): Value {
  const double = (value: number) => graph.scalar(value, 'double');
  if (model.growth === 'flat') return double(model.m);
  const vector = (values: readonly number[]) => graph.doubles(Float64Array.from(values), [values.length]);
  const elapsed = graph.op('Sub', [at, double(model.start)]);
  const t = graph.op('Div', [elapsed, double(model.span)]);
  const line = graph.op('Add', [graph.op('Mul', [t, double(model.k)]), double(model.m)]);
  if (model.changepoints.length === 0) return line;
  const past = graph.op('Max', [graph.op('Sub', [t, vector(model.changepoints)]), double(0)]);
  const bends = graph.op('Mul', [past, vector(model.delta)]);
  return graph.op('Add', [line, graph.op('ReduceSum', [bends, graph.ints([-1])], { keepdims: 1 })]);
}

/** `seasonalAt` as nodes, always of the shape of `at`. */
function appendSeasonal(graph: Graph, model: FittedProphet, at: Value): Value {
  const vector = (values: readonly number[]) => graph.doubles(Float64Array.from(values), [values.length]);
  const angular = frequencies(model.seasonalities);
  if (angular.length === 0) return graph.op('Mul', [at, graph.scalar(0, 'double')]);
  const days = graph.op('Div', [at, graph.scalar(86_400, 'double')]);
  const angle = graph.op('Mul', [days, vector(angular)]);
  const sines = graph.op('Mul', [graph.op('Sin', [angle]), vector(model.beta.filter((_, i) => i % 2 === 0))]);
  const cosines = graph.op('Mul', [
    graph.op('Cos', [angle]),
    vector(model.beta.filter((_, i) => i % 2 === 1)),
  ]);
  return graph.op('ReduceSum', [graph.op('Add', [sines, cosines]), graph.ints([-1])], { keepdims: 1 });
}
