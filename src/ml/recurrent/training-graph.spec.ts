import fc from 'fast-check';
import { mersenne } from 'pure-rand/generator/mersenne';
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { describe, expect, it } from 'vitest';
import { largestDifference } from '../../../test/factories/largest-difference.js';
import { naiveForecast, naiveLoss } from '../../../test/factories/naive-recurrent.js';
import { runOnnx } from '../../../test/factories/run-onnx.js';
import { trainingGradient } from '../../../test/factories/training-gradient.js';
import { cells, parameterCount, type RecurrentShape } from './shape.js';
import { forwardGraph, trainingGraph } from './training-graph.js';

/** A small net with parameters, inputs and targets between -1 and 1, all from one seed. */
const problems = fc
  .record({
    cell: fc.constantFrom(...cells),
    inputSize: fc.integer({ min: 1, max: 4 }),
    hiddenSize: fc.integer({ min: 1, max: 5 }),
    numLayers: fc.integer({ min: 1, max: 3 }),
    window: fc.integer({ min: 1, max: 5 }),
    outputSize: fc.integer({ min: 1, max: 3 }),
    batch: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer(),
  })
  .map(({ batch, seed, ...shape }) => problemOf(shape, batch, seed));

function problemOf(shape: RecurrentShape, batch: number, seed: number) {
  const random = mersenne(seed);
  const floats = (length: number) => Float32Array.from({ length }, () => 2 * uniformFloat32(random) - 1);
  return {
    shape,
    parameters: floats(parameterCount(shape)),
    x: floats(shape.window * batch * shape.inputSize),
    y: floats(batch * shape.outputSize),
  };
}

describe('the forward graph', () => {
  it('computes what the written-out formulas do', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async ({ shape, parameters, x }) => {
        const { prediction } = await runOnnx(forwardGraph(shape), {
          x: { values: x, dims: [x.length / shape.inputSize, shape.inputSize] },
          parameters: { values: parameters, dims: [parameters.length] },
        });
        expect(largestDifference(prediction ?? [], naiveForecast(shape, parameters, x))).toBeLessThan(2e-6);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the training graph', () => {
  it('has the gradient that central differences of the written-out formulas have', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async ({ shape, parameters, x, y }) => {
        const { loss, norm, gradient } = await trainingGradient(shape, parameters, { x, y });
        // The differences are taken in float64, so only the graph's float32 limits the comparison.
        const step = 1e-5;
        const at = Float64Array.from(parameters);
        const differences = gradient.map((_, i) => {
          const [above, below] = [step, -step].map((offset) =>
            naiveLoss(shape, at.with(i, at[i]! + offset), x, y),
          ) as [number, number];
          return (above - below) / (2 * step);
        });
        expect(gradient).toHaveLength(parameters.length);
        expect(largestDifference(gradient, differences)).toBeLessThan(5e-6);
        expect(loss).toBeCloseTo(naiveLoss(shape, parameters, x, y), 5);
        expect(norm).toBeCloseTo(Math.hypot(...gradient), 5);
      }),
      { numRuns: 25 },
    );
  });

  it('takes the step that Adam takes on the clipped gradient', async () => {
    const { shape, parameters, x, y } = problemOf(
      { cell: 'LSTM', inputSize: 2, hiddenSize: 3, numLayers: 2, window: 3, outputSize: 2 },
      4,
      1,
    );
    const { gradient, norm } = await trainingGradient(shape, parameters, { x, y });
    const maxNorm = norm / 4;
    const [size, batch, t, learningRate] = [parameters.length, 4, 3, 0.01];
    const m = gradient.map((_, i) => Math.sin(i) / 10);
    const v = gradient.map((_, i) => (1 + Math.cos(i)) / 10);
    const outputs = await runOnnx(trainingGraph(shape, maxNorm), {
      x: { values: x, dims: [shape.window * batch, shape.inputSize] },
      y: { values: y, dims: [batch, shape.outputSize] },
      parameters: { values: parameters, dims: [size] },
      m: { values: Float32Array.from(m), dims: [size] },
      v: { values: Float32Array.from(v), dims: [size] },
      step_size: { values: Float32Array.of(learningRate / (1 - 0.9 ** t)), dims: [] },
      second_correction: { values: Float32Array.of(Math.sqrt(1 - 0.999 ** t)), dims: [] },
    });
    // Algorithm 1 of Kingma & Ba (2015).
    const clipped = gradient.map((value) => value / 4);
    const newM = m.map((value, i) => 0.9 * value + 0.1 * clipped[i]!);
    const newV = v.map((value, i) => 0.999 * value + 0.001 * clipped[i]! ** 2);
    const moved = Array.from(parameters, (value, i) => {
      const [mHat, vHat] = [newM[i]! / (1 - 0.9 ** t), newV[i]! / (1 - 0.999 ** t)];
      return value - (learningRate * mHat) / (Math.sqrt(vHat) + 1e-8);
    });
    expect(largestDifference(outputs.new_m ?? [], newM)).toBeLessThan(1e-6);
    expect(largestDifference(outputs.new_v ?? [], newV)).toBeLessThan(1e-6);
    expect(largestDifference(outputs.new_parameters ?? [], moved)).toBeLessThan(1e-6);
  });
});
