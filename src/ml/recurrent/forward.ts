import type { Graph, Value } from '../onnx/graph.js';
import type { Layout } from './layout.js';
import type { RecurrentShape } from './shape.js';

/** Parameter values by torch.nn's names; biases as the layout's linear map takes them. */
export type Parameters = Record<string, Value>;

/**
 * Appends the forward pass of a stacked GRU or LSTM with a linear layer on the last hidden state.
 *
 * Equations are torch.nn.GRU's (hidden bias inside `r * (W_hn h + b_hn)`) and torch.nn.LSTM's. Written for what the
 * runtime is fast at: the input product of all time steps is one Gemm, the recurrent product adds to it as the Gemm's
 * C, and gates that share a Gemm are cut apart only after it, so that few and large nodes remain. The first step, whose
 * hidden state is zero, has no recurrent product.
 *
 * @param x `[T·B, I]` in this layout, time-major: all windows' first rows, then their second rows, …
 * @returns the prediction `[B, O]` in this layout
 */
export function appendForward(
  graph: Graph,
  shape: RecurrentShape,
  layout: Layout,
  parameters: Parameters,
  x: Value,
): Value {
  const layerOf = { GRU: gruLayer, LSTM: lstmLayer }[shape.cell];
  let layerInput = x;
  let hidden: Value[] = [];
  for (let layer = 0; layer < shape.numLayers; layer++) {
    const weights = (name: string) => parameter(parameters, `rnn.${name}_l${layer}`);
    hidden = layerOf(graph, shape, layout, weights, layerInput);
    if (layer < shape.numLayers - 1) layerInput = graph.op('Concat', hidden, { axis: layout.rows });
  }
  const [weight, bias] = [parameter(parameters, 'fc.weight'), parameter(parameters, 'fc.bias')];
  return layout.linear(graph, hidden.at(-1)!, weight, bias);
}

/** A layer's tensors by torch.nn's names without `rnn.` and the layer's number. */
type LayerWeights = (name: string) => Value;

/** @returns the hidden state `[B, H]` of every time step, in this layout */
function gruLayer(
  graph: Graph,
  shape: RecurrentShape,
  layout: Layout,
  weights: LayerWeights,
  x: Value,
): Value[] {
  const size = shape.hiddenSize;
  // Rows of reset and update gate, then those of the candidate.
  const block = (name: string) => graph.splitSizes(weights(name), [2 * size, size], 0) as [Value, Value];
  const [wIhGates, wIhNew] = block('weight_ih');
  const [wHhGates, wHhNew] = block('weight_hh');
  const [bIhGates, bIhNew] = block('bias_ih');
  const [bHhGates, bHhNew] = block('bias_hh');
  const bias = graph.op('Add', [bIhGates, bHhGates]);
  const gateInputs = graph.split(layout.linear(graph, x, wIhGates, bias), shape.window, layout.rows);
  const newInputs = graph.split(layout.linear(graph, x, wIhNew, bIhNew), shape.window, layout.rows);

  const hidden: Value[] = [];
  gateInputs.forEach((gateInput, t) => {
    const before = hidden.at(-1);
    const gates = graph.op('Sigmoid', [
      before ? layout.linear(graph, before, wHhGates, gateInput) : gateInput,
    ]);
    const [r, z] = graph.split(gates, 2, layout.features) as [Value, Value];
    const recurrent = before
      ? layout.linear(graph, before, wHhNew, bHhNew)
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

/** @returns the hidden state `[B, H]` of every time step, in this layout */
function lstmLayer(
  graph: Graph,
  shape: RecurrentShape,
  layout: Layout,
  weights: LayerWeights,
  x: Value,
): Value[] {
  const bias = graph.op('Add', [weights('bias_ih'), weights('bias_hh')]);
  const inputs = graph.split(layout.linear(graph, x, weights('weight_ih'), bias), shape.window, layout.rows);

  const sigmoid = (gate: Value) => graph.op('Sigmoid', [gate]);
  const hidden: Value[] = [];
  let cell: Value | undefined;
  for (const input of inputs) {
    const before = hidden.at(-1);
    const gates = before ? layout.linear(graph, before, weights('weight_hh'), input) : input;
    const [i, f, g, o] = graph.split(gates, 4, layout.features) as [Value, Value, Value, Value];
    const written = graph.op('Mul', [sigmoid(i), graph.op('Tanh', [g])]);
    cell = cell ? graph.op('Add', [graph.op('Mul', [sigmoid(f), cell]), written]) : written;
    hidden.push(graph.op('Mul', [sigmoid(o), graph.op('Tanh', [cell])]));
  }
  return hidden;
}

function parameter(parameters: Parameters, name: string): Value {
  const value = parameters[name];
  if (value === undefined) throw new Error(`no parameter ${name}`);
  return value;
}
