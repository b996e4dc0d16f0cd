import { parameterSlots, type RecurrentShape } from '../../src/ml/recurrent/shape.js';

/**
 * The nets once more, in float64 and one number at a time, by the formulas in the documentation of torch.nn.GRU and
 * torch.nn.LSTM: what the graphs are compared with.
 *
 * @param x `[T·B·I]`, time-major
 * @returns `[B·O]`
 */
export function naiveForecast(
  shape: RecurrentShape,
  parameters: ArrayLike<number>,
  x: ArrayLike<number>,
): number[] {
  const { inputSize, numLayers, window } = shape;
  const batch = x.length / window / inputSize;
  const affine = affineMaps(shape, parameters);
  const rowOf = (b: number) => (_: unknown, t: number) =>
    Array.from({ length: inputSize }, (_, i) => x[(t * batch + b) * inputSize + i]!);
  return Array.from({ length: batch }, (_, b) => {
    let sequence = Array.from({ length: window }, rowOf(b));
    for (let layer = 0; layer < numLayers; layer++) {
      let state: State = { h: zeros(shape.hiddenSize), c: zeros(shape.hiddenSize) };
      sequence = sequence.map((row) => {
        const fromInput = affine(`rnn.weight_ih_l${layer}`, `rnn.bias_ih_l${layer}`, row);
        const fromHidden = affine(`rnn.weight_hh_l${layer}`, `rnn.bias_hh_l${layer}`, state.h);
        state = { GRU: gru, LSTM: lstm }[shape.cell](fromInput, fromHidden, state);
        return state.h;
      });
    }
    return affine('fc.weight', 'fc.bias', sequence.at(-1)!);
  }).flat();
}

/** Mean squared error over all elements. */
export function naiveLoss(
  shape: RecurrentShape,
  parameters: ArrayLike<number>,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): number {
  const squares = naiveForecast(shape, parameters, x).map((value, i) => (value - y[i]!) ** 2);
  return squares.reduce((sum, square) => sum + square, 0) / squares.length;
}

interface State {
  h: number[];
  c: number[];
}

/** Rows of both arguments: reset, update, new. */
function gru(fromInput: readonly number[], fromHidden: readonly number[], { h, c }: State): State {
  const size = h.length;
  const next = h.map((before, j) => {
    const r = sigmoid(fromInput[j]! + fromHidden[j]!);
    const z = sigmoid(fromInput[size + j]! + fromHidden[size + j]!);
    const n = Math.tanh(fromInput[2 * size + j]! + r * fromHidden[2 * size + j]!);
    return (1 - z) * n + z * before;
  });
  return { h: next, c };
}

/** Rows of both arguments: input, forget, cell, output. */
function lstm(fromInput: readonly number[], fromHidden: readonly number[], { h, c }: State): State {
  const size = h.length;
  const gate = (row: number) => fromInput[row]! + fromHidden[row]!;
  const cell = c.map(
    (before, j) => sigmoid(gate(size + j)) * before + sigmoid(gate(j)) * Math.tanh(gate(2 * size + j)),
  );
  return { h: cell.map((value, j) => sigmoid(gate(3 * size + j)) * Math.tanh(value)), c: cell };
}

/** `weight · vector + bias`, by the names of the two. */
function affineMaps(shape: RecurrentShape, parameters: ArrayLike<number>) {
  const slots = new Map(parameterSlots(shape).map((slot) => [slot.name, slot]));
  return (weight: string, bias: string, vector: readonly number[]): number[] => {
    const { offset, size } = slots.get(bias)!;
    const first = slots.get(weight)!.offset;
    return Array.from({ length: size }, (_, row) =>
      vector.reduce(
        (sum, value, column) => sum + value * parameters[first + row * vector.length + column]!,
        parameters[offset + row]!,
      ),
    );
  };
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}
