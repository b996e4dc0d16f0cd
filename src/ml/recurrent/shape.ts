export const cells = ['GRU', 'LSTM'] as const;
export type Cell = (typeof cells)[number];

/** Gates of a cell, in PyTorch's order: GRU reset, update, new; LSTM input, forget, cell, output. */
export const gates: Record<Cell, number> = { GRU: 3, LSTM: 4 };

/** The size of a recurrent forecaster: stacked layers, and a linear layer on the last hidden state. */
export interface RecurrentShape {
  cell: Cell;
  inputSize: number;
  hiddenSize: number;
  numLayers: number;
  /** Rows of a window, T. */
  window: number;
  /** Horizon steps times targets. */
  outputSize: number;
}

/** One trainable tensor and where it lies in the flat parameter vector. */
export interface ParameterSlot {
  /** As torch.nn names it: `rnn.weight_ih_l0` … `fc.bias`. */
  name: string;
  dims: number[];
  offset: number;
  size: number;
}

/**
 * All parameters in the order of the flat vector, named and laid out as torch.nn does: `weight_ih [G·H, I]`,
 * `weight_hh [G·H, H]`, both biases `[G·H]`, then `fc.weight [O, H]`, `fc.bias [O]`.
 */
export function parameterSlots(shape: RecurrentShape): ParameterSlot[] {
  const { cell, inputSize, hiddenSize, numLayers, outputSize } = shape;
  const rows = gates[cell] * hiddenSize;
  const tensors: [string, number[]][] = [];
  for (let layer = 0; layer < numLayers; layer++) {
    tensors.push(
      [`rnn.weight_ih_l${layer}`, [rows, layer === 0 ? inputSize : hiddenSize]],
      [`rnn.weight_hh_l${layer}`, [rows, hiddenSize]],
      [`rnn.bias_ih_l${layer}`, [rows]],
      [`rnn.bias_hh_l${layer}`, [rows]],
    );
  }
  tensors.push(['fc.weight', [outputSize, hiddenSize]], ['fc.bias', [outputSize]]);
  let offset = 0;
  return tensors.map(([name, dims]) => {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const slot = { name, dims, offset, size };
    offset += size;
    return slot;
  });
}

/** Length of the flat parameter vector. */
export function parameterCount(shape: RecurrentShape): number {
  return parameterSlots(shape).reduce((sum, { size }) => sum + size, 0);
}
