import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../../test/factories/frame.js';
import { largestDifference } from '../../../test/factories/largest-difference.js';
import { runOnnx } from '../../../test/factories/run-onnx.js';
import { scalerNames, type FittedPreprocess } from '../../contracts/fitted-preprocess.js';
import { ForecastingParameters } from '../../contracts/forecasting-parameters.js';
import type { Frame } from '../frame.js';
import { applyPreprocess, fitPreprocess } from '../preprocess.js';
import { cells, parameterCount, type RecurrentShape } from '../recurrent/shape.js';
import { forwardGraph } from '../recurrent/training-graph.js';
import { targetScaling } from '../scale-target.js';
import { rowsNeeded } from './preprocess-nodes.js';
import { recurrentModel } from './recurrent-model.js';

const nan = Number.NaN;
const batch = 3;

/** What preprocessing is fitted to. */
const wave = Array.from({ length: 40 }, (_, row) => 2 * Math.sin(row) + Math.cos(row * row));

/** The last rows of a frame as a batch of windows, each one row further than the one before. */
function windowsOf(frame: Frame, length: number) {
  const first = frame.rows - length - batch + 1;
  return Array.from({ length: batch }, (_, window) =>
    Array.from({ length }, (_, row) => first + window + row),
  );
}

/** What the exported model forecasts from raw rows, on the scaler's scale: `[batch, horizon, targets]` flat. */
async function exported(
  shape: RecurrentShape,
  weights: Float32Array,
  fitted: FittedPreprocess,
  frame: Frame,
  targets: readonly string[],
): Promise<number[]> {
  const rows = rowsNeeded(fitted, shape.window);
  const at = windowsOf(frame, rows).flat();
  const columns = fitted.columns.map(({ name }) => frame.columns.find((column) => column.name === name)!);
  const { forecast } = await runOnnx(recurrentModel(shape, weights, fitted, targets), {
    time: { values: BigInt64Array.from(at, (row) => BigInt(frame.time[row]!)), dims: [batch, rows] },
    columns: {
      values: Float64Array.from(at.flatMap((row) => columns.map(({ values }) => values[row]!))),
      dims: [batch, rows, columns.length],
    },
  });
  return (forecast ?? []).map((value, i) => {
    const { center, scale } = targetScaling(fitted, targets[i % targets.length]!);
    return (value - center) / scale;
  });
}

/** What the trained net gives for the same rows behind `applyPreprocess`. */
async function trained(
  shape: RecurrentShape,
  weights: Float32Array,
  fitted: FittedPreprocess,
  frame: Frame,
): Promise<number[]> {
  const processed = applyPreprocess(fitted, frame);
  const windows = windowsOf(processed, shape.window);
  const x = Array.from({ length: shape.window }, (_, t) =>
    windows.flatMap((rows) => processed.columns.map(({ values }) => values[rows[t]!]!)),
  ).flat();
  const { prediction } = await runOnnx(forwardGraph(shape), {
    x: { values: Float32Array.from(x), dims: [shape.window * batch, shape.inputSize] },
    parameters: { values: weights, dims: [weights.length] },
  });
  return prediction ?? [];
}

const instants = fc.oneof(
  fc.date({ min: new Date('1890-01-01'), max: new Date('2110-01-01'), noInvalidDate: true }),
  fc
    .constantFrom(
      '1900-02-28T23:58:00Z',
      '1968-02-28T23:59:59.999Z',
      '1969-12-31T23:58:30Z',
      '2000-02-28T23:59:00Z',
      '2023-12-31T23:58:00Z',
      '2024-12-30T23:00:00Z',
    )
    .map((text) => new Date(text)),
);

const cell = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: -3, max: 3, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(nan) },
);

const problems = fc.record({
  preprocessing: fc.record({
    scaler: fc.constantFrom(...scalerNames),
    clip_enable: fc.boolean(),
    clip_method: fc.constantFrom('iqr', 'percentile'),
    clip_factor: fc.constantFrom(0.05, 0.2),
    time_features_enable: fc.boolean(),
    lags_enable: fc.boolean(),
    lags_n: fc.integer({ min: 0, max: 3 }),
    lags_step: fc.integer({ min: 1, max: 3 }),
  }),
  net: fc.record({
    cell: fc.constantFrom(...cells),
    hiddenSize: fc.integer({ min: 1, max: 6 }),
    numLayers: fc.integer({ min: 1, max: 2 }),
    window: fc.integer({ min: 1, max: 4 }),
  }),
  horizon: fc.integer({ min: 1, max: 3 }),
  targets: fc.constantFrom(['a'], ['b'], ['b', 'a']),
  // A spread of 6 around a thousand million: float32 has digits for steps of 64 there.
  offset: fc.constantFrom(0, 0.1, 1e9, -1e9),
  start: instants,
  stepMs: fc.constantFrom(1, 999, 60_000, 61_001, 3_600_000, 86_400_000, 90_061_007),
  cells: fc.array(fc.tuple(cell, cell), { minLength: 24, maxLength: 24 }),
});

describe('an exported GRU or LSTM', () => {
  it('forecasts from raw rows what the trained net does behind our preprocessing', async () => {
    await fc.assert(
      fc.asyncProperty(
        problems,
        async ({ preprocessing, net, horizon, targets, offset, start, ...given }) => {
          const train = { a: wave.map((value) => value + offset), b: [nan, ...wave.slice(1).reverse()] };
          const parameters = ForecastingParameters.parse({ dataset_name: 'x', targets, ...preprocessing });
          const fitted = fitPreprocess(frameOf(train), parameters);
          const cells = { a: given.cells.map(([a]) => a + offset), b: given.cells.map(([, b]) => b) };
          const frame = frameOf(cells, { start: start.getTime(), stepMs: given.stepMs });
          const inputSize = fitted.features.length;
          const shape = { ...net, inputSize, outputSize: horizon * targets.length };
          const weights = Float32Array.from({ length: parameterCount(shape) }, (_, i) => Math.sin(i * i));

          const expected = await trained(shape, weights, fitted, frame);
          expect(expected).toHaveLength(batch * horizon * targets.length);
          const actual = await exported(shape, weights, fitted, frame, targets);
          expect(largestDifference(actual, expected)).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('keeps the digits of large raw values', async () => {
    const values = Array.from({ length: 20 }, (_, row) => 1e9 + (row % 4) / 4);
    const parameters = ForecastingParameters.parse({ dataset_name: 'x', time_features_enable: false });
    const fitted = fitPreprocess(frameOf({ a: values }), parameters);
    const shape = {
      cell: 'GRU',
      inputSize: 1,
      hiddenSize: 4,
      numLayers: 1,
      window: 1,
      outputSize: 1,
    } as const;
    const weights = Float32Array.from({ length: parameterCount(shape) }, (_, i) => Math.sin(i * i));
    const forecasts = await exported(shape, weights, fitted, frameOf({ a: values }), ['a']);
    expect(new Set(forecasts.map((value) => value.toFixed(3))).size).toBe(batch);
  });

  it('refuses outputs that are no multiple of the targets', () => {
    const fitted = fitPreprocess(
      frameOf({ a: [1, 2], b: [3, 4] }),
      ForecastingParameters.parse({ dataset_name: 'x', time_features_enable: false }),
    );
    const shape = {
      cell: 'GRU',
      inputSize: 2,
      hiddenSize: 1,
      numLayers: 1,
      window: 1,
      outputSize: 3,
    } as const;
    const weights = new Float32Array(parameterCount(shape));
    expect(() => recurrentModel(shape, weights, fitted, ['a', 'b'])).toThrow(
      '3 outputs are no multiple of 2',
    );
  });
});
