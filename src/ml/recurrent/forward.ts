import type { Graph, Value } from '../onnx/graph.js';
import type { RecurrentShape } from './shape.js';

/** Parameter values by torch.nn's names. */
export type Parameters = Record<string, Value>;

/**
 * Appends the forward pass of a stacked GRU or LSTM with a linear layer on the last hidden state.
 *
 * Equations are torch.nn.GRU's (hidden bias inside `r * (W_hn h + b_hn)`) and torch.nn.LSTM's. Written for what the
 * runtime is fast at: the input product of all time steps is one Gemm, the recurrent product adds to it as the Gemm's
 * C, all sigmoid gates of a cell are one block of rows and its tanh another, so that few and large nodes remain. The
 * first step, whose hidden state is zero, has no recurrent product.
 *
 * @param x `[T·B, I]`, time-major: all windows' first rows, then their second rows, …
 * @returns the prediction `[B, O]`
 */
export function appendForward(graph: Graph, shape: RecurrentShape, parameters: Parameters, x: Value): Value {
  const layerOf = { GRU: gruLayer, LSTM: lstmLayer }[shape.cell];
  let layerInput = x;
  let hidden: Value[] = [];
  for (let layer = 0; layer < shape.numLayers; layer++) {
    const weights = (name: string) => parameter(parameters, `rnn.${name}_l${layer}`);
    hidden = layerOf(graph, shape, weights, layerInput);
    if (layer < shape.numLayers - 1) layerInput = graph.op('Concat', hidden, { axis: 0 });
  }
  return linear(graph, hidden.at(-1)!, parameter(parameters, 'fc.weight'), parameter(parameters, 'fc.bias'));
}

/** A layer's tensors by torch.nn's names without `rnn.` and the layer's number. */
type LayerWeights = (name: string) => Value;

/** @returns the hidden state `[B, H]` of every time step */
function gruLayer(graph: Graph, shape: RecurrentShape, weights: LayerWeights, x: Value): Value[] {
  const size = shape.hiddenSize;
  // Rows of reset and update gate, then those of the candidate.
  const block = (name: string) => graph.splitSizes(weights(name), [2 * size, size], 0) as [Value, Value];
  const [wIhGates, wIhNew] = block('weight_ih');
  const [wHhGates, wHhNew] = block('weight_hh');
  const [bIhGates, bIhNew] = block('bias_ih');
  const [bHhGates, bHhNew] = block('bias_hh');
  const bias = graph.op('Add', [bIhGates, bHhGates]);
  const gateInputs = graph.split(linear(graph, x, wIhGates, bias), shape.window, 0);
  const newInputs = graph.split(linear(graph, x, wIhNew, bIhNew), shape.window, 0);

  const hidden: Value[] = [];
  gateInputs.forEach((gateInput, t) => {
    const before = hidden.at(-1);
    const gates = graph.op('Sigmoid', [before ? linear(graph, before, wHhGates, gateInput) : gateInput]);
    const [r, z] = graph.split(gates, 2, 1) as [Value, Value];
    const recurrent = before
      ? linear(graph, before, wHhNew, bHhNew)
      : graph.op('Expand', [bHhNew, graph.op('Shape', [newInputs[t]!])]);
    const n = graph.op('Tanh', [graph.op('Add', [newInputs[t]!, graph.op('Mul', [r, recurrent])])]);
    // (1 - z)·n + z·h as n + z·(h - n); h is zero at the first step.
    hidden.push(
      before
        ? graph.op('Add', [n, graph.op('Mul', [z, graph.op('Sub', [before, n])])])
        : graph.op('Sub', [n, graph.op('Mul', [z, n])]),
    );
  });
  return hidden;
}

/** @returns the hidden state `[B, H]` of every time step */
function lstmLayer(graph: Graph, shape: RecurrentShape, weights: LayerWeights, x: Value): Value[] {
  // Rows of input, forget and output gate, then those of the cell's candidate.
  const block = (tensor: Value): [Value, Value] => {
    const [input, forget, candidate, output] = graph.split(tensor, 4, 0) as [Value, Value, Value, Value];
    return [graph.op('Concat', [input, forget, output], { axis: 0 }), candidate];
  };
  const [wIhGates, wIhNew] = block(weights('weight_ih'));
  const [wHhGates, wHhNew] = block(weights('weight_hh'));
  const [biasGates, biasNew] = block(graph.op('Add', [weights('bias_ih'), weights('bias_hh')]));
  const gateInputs = graph.split(linear(graph, x, wIhGates, biasGates), shape.window, 0);
  const newInputs = graph.split(linear(graph, x, wIhNew, biasNew), shape.window, 0);

  const hidden: Value[] = [];
  let cell: Value | undefined;
  gateInputs.forEach((gateInput, t) => {
    const before = hidden.at(-1);
    const recurrent = (weight: Value, input: Value) =>
      before ? linear(graph, before, weight, input) : input;
    const gates = graph.op('Sigmoid', [recurrent(wHhGates, gateInput)]);
    const [i, f, o] = graph.split(gates, 3, 1) as [Value, Value, Value];
    const written = graph.op('Mul', [i, graph.op('Tanh', [recurrent(wHhNew, newInputs[t]!)])]);
    cell = cell ? graph.op('Add', [graph.op('Mul', [f, cell]), written]) : written;
    hidden.push(graph.op('Mul', [o, graph.op('Tanh', [cell])]));
  });
  return hidden;
}

/** `x · weightᵀ + addend`; the addend is a bias `[N]` or as large as the product `[M, N]`. */
function linear(graph: Graph, x: Value, weight: Value, addend: Value): Value {
  return graph.op('Gemm', [x, weight, addend], { transB: 1 });
}

function parameter(parameters: Parameters, name: string): Value {
  const value = parameters[name];
  if (value === undefined) throw new Error(`no parameter ${name}`);
  return value;
}
