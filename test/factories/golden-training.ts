import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Cell, parameterSlots, type RecurrentShape } from '../../src/ml/recurrent/shape.js';

/** What PyTorch did with two small nets; a note in the file says how. */
export const goldenTrainingPath = '../shared/golden/recurrent_training.json';

const numbers = z.array(z.number());
/** A vector or a matrix, flat. */
const Tensor = z.array(z.union([z.number(), numbers])).transform((rows) => rows.flat());
const Parameters = z.record(z.string(), Tensor);

const CellRun = z.object({
  initial: Parameters,
  first_step_gradients_before_clipping: Parameters,
  losses: numbers,
  gradient_norms: numbers,
  final: Parameters,
  predictions_batch_0_after: Tensor,
});

const GoldenFile = z.object({
  input_size: z.number(),
  hidden_size: z.number(),
  num_layers: z.number(),
  window: z.number(),
  outputs: z.number(),
  learning_rate: z.number(),
  max_norm: z.number(),
  batches: z.array(z.object({ x: z.array(z.array(numbers)), y: Tensor })),
  GRU: CellRun,
  LSTM: CellRun,
});

/** The file's run of one cell, its tensors laid out as our graphs take them. */
export function loadGoldenTraining(cell: Cell) {
  const file = GoldenFile.parse(JSON.parse(readFileSync(goldenTrainingPath, 'utf8')));
  const run = file[cell];
  const shape: RecurrentShape = {
    cell,
    inputSize: file.input_size,
    hiddenSize: file.hidden_size,
    numLayers: file.num_layers,
    window: file.window,
    outputSize: file.outputs,
  };
  const flat = (tensors: Record<string, number[]>) =>
    Float32Array.from(parameterSlots(shape).flatMap(({ name }) => tensors[name] ?? []));
  return {
    shape,
    learningRate: file.learning_rate,
    gradientClip: file.max_norm,
    batches: file.batches.map(({ x, y }) => ({ x: timeMajor(x), y: Float32Array.from(y) })),
    initial: flat(run.initial),
    firstGradient: flat(run.first_step_gradients_before_clipping),
    losses: run.losses,
    gradientNorms: run.gradient_norms,
    final: flat(run.final),
    predictions: run.predictions_batch_0_after,
  };
}

/** `[B][T][I]` to `[T·B·I]`. */
function timeMajor(windows: readonly number[][][]): Float32Array {
  const rows = windows[0] ?? [];
  return Float32Array.from(rows.flatMap((_, t) => windows.flatMap((window) => window[t] ?? [])));
}
