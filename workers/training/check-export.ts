import { AppError } from '../../src/contracts/app-error.js';
import type { FittedPreprocess } from '../../src/contracts/fitted-preprocess.js';
import { rowsNeeded } from '../../src/ml/export/preprocess-nodes.js';
import { sliceRows } from '../../src/ml/frame.js';
import { applyPreprocess } from '../../src/ml/preprocess.js';
import type { RecurrentShape } from '../../src/ml/recurrent/shape.js';
import { targetScaling } from '../../src/ml/scale-target.js';
import { createSession } from '../../src/platform/onnx/session.js';
import { forecastOrigins } from '../../src/evaluation/forecast-origins.js';
import type { HeldOut } from '../../src/evaluation/held-out.js';
import { RecurrentForward } from './recurrent-forward.js';
import { gatherBatch, trainWindows } from './train-windows.js';

interface Exported {
  shape: RecurrentShape;
  weights: Float32Array;
  bytes: Uint8Array;
  fitted: FittedPreprocess;
  heldOut: HeldOut;
}

const windowsChecked = 64;
/** On the scaler's scale. */
const tolerance = 1e-5;

/**
 * Compares the exported model, which preprocesses inside, with the trained weights behind our own preprocessing.
 *
 * @throws AppError `internal` when they differ: such a model must not be registered
 */
export async function checkExport({ shape, weights, bytes, fitted, heldOut }: Exported): Promise<void> {
  const { targets, horizon } = heldOut;
  const rows = rowsNeeded(fitted, shape.window);
  const origins = heldOut.origins.slice(0, windowsChecked);
  const frame = sliceRows(heldOut.frame, 0, origins.at(-1)! + horizon);
  const data = trainWindows(applyPreprocess(fitted, frame), frame, targets, shape.window, horizon);
  // Row i of the processed table is row i + lags of the raw one.
  const starts = origins.map((origin) => origin - rows);

  const forward = await RecurrentForward.create(shape);
  const session = await createSession(bytes);
  try {
    const expected = await forward.predict(weights, gatherBatch(data, starts).x);
    const columns = fitted.columns.map(({ name }) => name);
    const actual = await forecastOrigins(session, { columns, targets, rows, horizon }, frame, origins);
    const scalings = targets.map((target) => targetScaling(fitted, target));
    expected.forEach((value, i) => {
      const { center, scale } = scalings[i % targets.length]!;
      // In raw units, where both were rounded alike: a large center swallows digits of the two.
      const difference = Math.abs(actual[i]! - (value * scale + center)) / scale;
      if (!(difference <= tolerance * Math.max(1, Math.abs(value)))) {
        throw new AppError('internal', `the exported model differs from the trained one by ${difference}`);
      }
    });
  } finally {
    await forward.release();
    await session.release();
  }
}
