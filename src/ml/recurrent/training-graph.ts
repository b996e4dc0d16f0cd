import { appendGradients } from '../onnx/gradients.js';
import { Graph, type Value } from '../onnx/graph.js';
import { appendForward, type Parameters } from './forward.js';
import { featureMajor } from './layout.js';
import { parameterCount, parameterSlots, type RecurrentShape } from './shape.js';

/** Adam's constants, PyTorch's defaults. */
export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * One training step as one ONNX model: forward, mean squared error, its gradients, clipping by global norm
 * (`torch.nn.utils.clip_grad_norm_`) and Adam (Kingma & Ba 2015, as torch.optim.Adam).
 *
 * Parameters and both moments are flat float32 vectors `[P]` (see `parameterSlots`), so that the update is a dozen
 * element-wise nodes whatever the number of layers.
 *
 * Inputs: `x [T·B, I]` time-major, `y [B, O]`, `parameters`, `m`, `v` `[P]`, `step_size` = lr / (1 - beta1^t) and
 * `second_correction` = sqrt(1 - beta2^t), scalars.
 * Outputs: `new_parameters`, `new_m`, `new_v` `[P]`, `loss`, `gradient_norm` (before clipping), scalars,
 * and, when asked for, `gradient` `[P]` before clipping.
 */
export function trainingGraph(
  shape: RecurrentShape,
  maxNorm: number,
  options: { withGradient?: boolean } = {},
): Uint8Array {
  const graph = new Graph(`${shape.cell}_training_step`);
  const count = parameterCount(shape);
  const x = graph.input('x', 'float', ['rows', shape.inputSize]);
  const y = graph.input('y', 'float', ['batch', shape.outputSize]);
  const flat = graph.input('parameters', 'float', [count]);
  const m = graph.input('m', 'float', [count]);
  const v = graph.input('v', 'float', [count]);
  const stepSize = graph.input('step_size', 'float', []);
  const secondCorrection = graph.input('second_correction', 'float', []);

  const parameters = unpackParameters(graph, shape, flat);
  const prediction = appendForward(graph, shape, featureMajor, parameters, transpose(graph, x));
  const error = graph.op('Sub', [prediction, transpose(graph, y)]);
  const loss = graph.op('ReduceMean', [graph.op('Mul', [error, error])], { keepdims: 0 });
  const elements = graph.cast(graph.op('Size', [error]), 'float');
  const seed = graph.op('Mul', [error, graph.op('Div', [graph.scalar(2), elements])]);

  const gradients = appendGradients(graph, new Map([[prediction, seed]]), Object.values(parameters));
  const flattened = parameterSlots(shape).map(({ name }) =>
    graph.op('Reshape', [gradients.get(parameters[name]!)!, graph.ints([-1])]),
  );
  const gradient = graph.op('Concat', flattened, { axis: 0 });
  const squares = graph.op('Mul', [gradient, gradient]);
  const norm = graph.op('Sqrt', [graph.op('ReduceSum', [squares], { keepdims: 0 })]);

  // Clipping scales the gradient by one scalar; folded into Adam's two, it costs no pass over the vector.
  const room = graph.op('Div', [graph.scalar(maxNorm), graph.op('Add', [norm, graph.scalar(1e-6)])]);
  const clip = graph.op('Min', [graph.scalar(1), room]);
  const first = graph.op('Mul', [clip, graph.scalar(1 - adam.beta1)]);
  const second = graph.op('Mul', [graph.op('Mul', [clip, clip]), graph.scalar(1 - adam.beta2)]);
  const newM = weightedSum(graph, m, graph.scalar(adam.beta1), gradient, first);
  const newV = weightedSum(graph, v, graph.scalar(adam.beta2), squares, second);
  // lr/c1 · m / (sqrt(v)/c2 + eps) with c2 moved to the scalars.
  const scaledEpsilon = graph.op('Mul', [secondCorrection, graph.scalar(adam.epsilon)]);
  const denominator = graph.op('Add', [graph.op('Sqrt', [newV]), scaledEpsilon]);
  const scale = graph.op('Mul', [stepSize, secondCorrection]);
  const update = graph.op('Mul', [graph.op('Div', [newM, denominator]), scale]);

  graph.output('new_parameters', graph.op('Sub', [flat, update]), 'float', [count]);
  graph.output('new_m', newM, 'float', [count]);
  graph.output('new_v', newV, 'float', [count]);
  graph.output('loss', loss, 'float', []);
  graph.output('gradient_norm', norm, 'float', []);
  if (options.withGradient) graph.output('gradient', gradient, 'float', [count]);
  return graph.toModel();
}

/** The forward pass alone: `x [T·B, I]` and `parameters [P]` to `prediction [B, O]`, on the scaler's scale. */
export function forwardGraph(shape: RecurrentShape): Uint8Array {
  const graph = new Graph(`${shape.cell}_forward`);
  const x = graph.input('x', 'float', ['rows', shape.inputSize]);
  const flat = graph.input('parameters', 'float', [parameterCount(shape)]);
  const parameters = unpackParameters(graph, shape, flat);
  const prediction = appendForward(graph, shape, featureMajor, parameters, transpose(graph, x));
  graph.output('prediction', transpose(graph, prediction), 'float', ['batch', shape.outputSize]);
  return graph.toModel();
}

/** Matrices as they are, biases as columns. */
function unpackParameters(graph: Graph, shape: RecurrentShape, flat: Value): Parameters {
  const slots = parameterSlots(shape);
  const parts = graph.splitSizes(
    flat,
    slots.map(({ size }) => size),
    0,
  );
  return Object.fromEntries(
    slots.map(({ name, dims: [rows = 0, columns = 1] }, i) => [
      name,
      graph.op('Reshape', [parts[i]!, graph.ints([rows, columns])]),
    ]),
  );
}

function transpose(graph: Graph, matrix: Value): Value {
  return graph.op('Transpose', [matrix], { perm: [1, 0] });
}

function weightedSum(graph: Graph, a: Value, weightA: Value, b: Value, weightB: Value): Value {
  return graph.op('Add', [graph.op('Mul', [a, weightA]), graph.op('Mul', [b, weightB])]);
}
