import type { Graph, Value } from '../onnx/graph.js';

/** How activations lie in memory. A row is a window at one time step. */
export interface Layout {
  /** The axis that counts rows, time-major where all time steps lie together. */
  rows: 0 | 1;
  /** The axis that counts features: inputs, gates, hidden units, outputs. */
  features: 0 | 1;
  /** The linear map of a `weight [N, K]`; the addend is a bias of N, or as large as the product. */
  linear: (graph: Graph, x: Value, weight: Value, addend: Value) => Value;
}

/**
 * `[rows, features]`, biases `[N]`: `x · weightᵀ + addend`. For serving: the weights are the Gemm's B, which the runtime
 * packs once, on loading, where they are constants. Feature-major answers batches of 8 a quarter more slowly.
 */
export const rowMajor: Layout = {
  rows: 0,
  features: 1,
  linear: (graph, x, weight, addend) => graph.op('Gemm', [x, weight, addend], { transB: 1 }),
};

/**
 * `[features, rows]`, biases `[N, 1]`: `weight · x + addend`. For training: weights that change at every step would be
 * packed at every call as a Gemm's B, and as its A they need not be; gates and their gradients are contiguous blocks.
 */
export const featureMajor: Layout = {
  rows: 1,
  features: 0,
  linear: (graph, x, weight, addend) => graph.op('Gemm', [weight, x, addend]),
};
