import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import { ForecastingParameters } from '../../src/contracts/forecasting-parameters.js';
import { rowsNeeded } from '../../src/ml/export/preprocess-nodes.js';
import { recurrentModel } from '../../src/ml/export/recurrent-model.js';
import { fitPreprocess } from '../../src/ml/preprocess.js';
import { parameterCount, type RecurrentShape } from '../../src/ml/recurrent/shape.js';
import { windowOrigins } from '../../src/ml/window-origins.js';
import { checkExport } from './check-export.js';

const targets = ['down', 'up'];
const horizon = 2;

/** A net with made-up weights, its export, and 300 held-out rows: the first 200 of them without a true target. */
function exported({ offset = 0, ...given }: Partial<ForecastingParameters> & { offset?: number } = {}) {
  const down = Array.from({ length: 300 }, (_, row) => offset + Math.sin(row));
  const up = Array.from({ length: 300 }, (_, row) => Math.cos(row * row));
  const parameters = ForecastingParameters.parse({ dataset_name: 'x', targets, ...given });
  const fitted = fitPreprocess(frameOf({ up, down }), parameters);
  const shape: RecurrentShape = {
    cell: 'LSTM',
    inputSize: fitted.features.length,
    hiddenSize: 3,
    numLayers: 2,
    window: 5,
    outputSize: horizon * targets.length,
  };
  const weights = Float32Array.from({ length: parameterCount(shape) }, (_, i) => Math.sin(i * i));
  const frame = frameOf({ up, down: down.map((value, row) => (row < 200 ? Number.NaN : value)) });
  const origins = windowOrigins(frame, targets, rowsNeeded(fitted, shape.window), horizon);
  const bytes = recurrentModel(shape, weights, fitted, targets);
  return { shape, weights, bytes, fitted, heldOut: { frame, targets, horizon, origins, scales: [1, 1] } };
}

describe('checkExport', () => {
  it.each([
    ['plain', {}],
    ['with lags and clip', { lags_enable: true, lags_n: 2, lags_step: 3, clip_enable: true }],
    ['of large numbers that differ little', { offset: 1e12 }],
  ])('lets an export pass that forecasts what was trained (%s)', async (_, given) => {
    await expect(checkExport(exported(given))).resolves.toBeUndefined();
  });

  it('refuses an export of other weights, however late the first true target', async () => {
    const right = exported();
    const other = right.weights.with(0, right.weights[0]! + 0.01);
    const bytes = recurrentModel(right.shape, other, right.fitted, targets);
    await expect(checkExport({ ...right, bytes })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('differs from the trained one'),
    });
  });

  it('refuses an export that forecasts no numbers', async () => {
    const right = exported();
    const broken = right.weights.with(-1 + right.weights.length, Number.NaN);
    await expect(checkExport({ ...right, weights: broken })).rejects.toMatchObject({ code: 'internal' });
  });
});
