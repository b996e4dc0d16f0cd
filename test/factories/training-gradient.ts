import { parameterCount, type RecurrentShape } from '../../src/ml/recurrent/shape.js';
import { trainingGraph } from '../../src/ml/recurrent/training-graph.js';
import { runOnnx } from './run-onnx.js';

/** Loss and gradient (before clipping) of the training graph at some parameters. */
export async function trainingGradient(
  shape: RecurrentShape,
  parameters: Float32Array,
  { x, y }: { x: Float32Array; y: Float32Array },
): Promise<{ loss: number; norm: number; gradient: number[] }> {
  const size = parameterCount(shape);
  const batch = y.length / shape.outputSize;
  const zeros = { values: new Float32Array(size), dims: [size] };
  const outputs = await runOnnx(trainingGraph(shape, 1, { withGradient: true }), {
    x: { values: x, dims: [shape.window * batch, shape.inputSize] },
    y: { values: y, dims: [batch, shape.outputSize] },
    parameters: { values: parameters, dims: [size] },
    m: zeros,
    v: zeros,
    step_size: { values: Float32Array.of(0), dims: [] },
    second_correction: { values: Float32Array.of(1), dims: [] },
  });
  return {
    loss: outputs.loss?.[0] ?? Number.NaN,
    norm: outputs.gradient_norm?.[0] ?? Number.NaN,
    gradient: outputs.gradient ?? [],
  };
}
