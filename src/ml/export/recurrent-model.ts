import type { FittedPreprocess } from '../../contracts/fitted-preprocess.js';
import { Graph } from '../onnx/graph.js';
import { appendForward } from '../recurrent/forward.js';
import { rowMajor } from '../recurrent/layout.js';
import { parameterSlots, type RecurrentShape } from '../recurrent/shape.js';
import { targetScaling } from '../scale-target.js';
import type { Scaling } from '../scalers.js';
import { appendPreprocess, rowsNeeded } from './preprocess-nodes.js';
import { signature } from './signature.js';

/**
 * A trained GRU or LSTM as a model that takes and gives raw values (see `signature`).
 *
 * @param parameters the flat parameter vector `[P]`
 * @throws Error when the network's outputs are no multiple of the targets; AppError when a target is no feature
 */
export function recurrentModel(
  shape: RecurrentShape,
  parameters: Float32Array,
  fitted: FittedPreprocess,
  targets: readonly string[],
): Uint8Array {
  const horizon = shape.outputSize / targets.length;
  if (!Number.isInteger(horizon))
    throw new Error(`${shape.outputSize} outputs are no multiple of ${targets.length} targets`);
  const graph = new Graph(`${shape.cell}_forecaster`);
  const rows = rowsNeeded(fitted, shape.window);
  const time = graph.input(signature.time, 'int64', ['batch', rows]);
  const columns = graph.input(signature.columns, 'double', ['batch', rows, fitted.columns.length]);

  const features = appendPreprocess(graph, fitted, shape.window, time, columns);
  const timeMajor = graph.op('Transpose', [features], { perm: [1, 0, 2] });
  const x = graph.op('Reshape', [timeMajor, graph.ints([-1, shape.inputSize])]);
  const weights = Object.fromEntries(
    parameterSlots(shape).map(({ name, dims, offset, size }) => [
      name,
      graph.floats(parameters.slice(offset, offset + size), dims),
    ]),
  );
  const prediction = appendForward(graph, shape, rowMajor, weights, x);

  const byStep = graph.op('Reshape', [prediction, graph.ints([-1, horizon, targets.length])]);
  const scalings = targets.map((target) => targetScaling(fitted, target));
  const vector = (part: keyof Scaling) =>
    graph.doubles(
      Float64Array.from(scalings, (scaling) => scaling[part]),
      [targets.length],
    );
  const spread = graph.op('Mul', [graph.cast(byStep, 'double'), vector('scale')]);
  const raw = graph.op('Add', [spread, vector('center')]);
  graph.output(signature.forecast, raw, 'double', ['batch', horizon, targets.length]);
  return graph.toModel();
}
