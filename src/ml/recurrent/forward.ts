import type { Graph, Value } from '../onnx/graph.js';
import type { RecurrentShape } from './shape.js';

/** Parameter values by torch.nn's names. */
export type Parameters = Record<string, Value>;

/**
 * Appends the forward pass of a stacked GRU or LSTM with a linear layer on the last hidden state.
 *
 * The input product of all time steps is one Gemm; the first step, whose hidden state is zero, has no recurrent one.
 * Equations are torch.nn.GRU's (hidden bias inside `r * (W_hn h + b_hn)`) and torch.nn.LSTM's.
 *
 * @param x `[T·B, I]`, time-major: all windows' first rows, then their second rows, …
 * @returns the prediction `[B, O]`
 */
export function appendForward(graph: Graph, shape: RecurrentShape, parameters: Parameters, x: Value): Value {
  const step = { GRU: gruStep, LSTM: lstmStep }[shape.cell];
  let layerInput = x;
  let hidden: Value[] = [];
  for (let layer = 0; layer < shape.numLayers; layer++) {
    const [wIh, wHh, bIh, bHh] = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) =>
      parameter(parameters, `rnn.${name}_l${layer}`),
    ) as [Value, Value, Value, Value];
    const products = graph.op('Gemm', [layerInput, wIh, bIh], { transB: 1 });
    const inputs = graph.split(products, shape.window, 0);
    hidden = [];
    let state: State | undefined;
    for (const input of inputs) {
      const recurrent = state
        ? graph.op('Gemm', [state.hidden, wHh, bHh], { transB: 1 })
        : graph.op('Expand', [bHh, graph.op('Shape', [input])]);
      state = step(graph, shape.hiddenSize, input, recurrent, state);
      hidden.push(state.hidden);
    }
    if (layer < shape.numLayers - 1) layerInput = graph.op('Concat', hidden, { axis: 0 });
  }
  const last = hidden.at(-1)!;
  return graph.op('Gemm', [last, parameter(parameters, 'fc.weight'), parameter(parameters, 'fc.bias')], {
    transB: 1,
  });
}

interface State {
  hidden: Value;
  cell?: Value;
}

function gruStep(
  graph: Graph,
  size: number,
  input: Value,
  recurrent: Value,
  state: State | undefined,
): State {
  // Reset and update gate share one Sigmoid: fewer, larger nodes are what the runtime is fast at.
  const [inputGates, inputN] = graph.splitSizes(input, [2 * size, size], 1) as [Value, Value];
  const [hiddenGates, hiddenN] = graph.splitSizes(recurrent, [2 * size, size], 1) as [Value, Value];
  const [r, z] = graph.split(graph.op('Sigmoid', [graph.op('Add', [inputGates, hiddenGates])]), 2, 1) as [
    Value,
    Value,
  ];
  const n = graph.op('Tanh', [graph.op('Add', [inputN, graph.op('Mul', [r, hiddenN])])]);
  // (1 - z)·n + z·h as n + z·(h - n); h is zero at the first step.
  if (!state) return { hidden: graph.op('Sub', [n, graph.op('Mul', [z, n])]) };
  const change = graph.op('Mul', [z, graph.op('Sub', [state.hidden, n])]);
  return { hidden: graph.op('Add', [n, change]) };
}

function lstmStep(
  graph: Graph,
  size: number,
  input: Value,
  recurrent: Value,
  state: State | undefined,
): State {
  const sums = graph.splitSizes(graph.op('Add', [input, recurrent]), [2 * size, size, size], 1) as [
    Value,
    Value,
    Value,
  ];
  const [i, f] = graph.split(graph.op('Sigmoid', [sums[0]]), 2, 1) as [Value, Value];
  const g = graph.op('Tanh', [sums[1]]);
  const o = graph.op('Sigmoid', [sums[2]]);
  const written = graph.op('Mul', [i, g]);
  const cell = state?.cell ? graph.op('Add', [graph.op('Mul', [f, state.cell]), written]) : written;
  return { hidden: graph.op('Mul', [o, graph.op('Tanh', [cell])]), cell };
}

function parameter(parameters: Parameters, name: string): Value {
  const value = parameters[name];
  if (value === undefined) throw new Error(`no parameter ${name}`);
  return value;
}
