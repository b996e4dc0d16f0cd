import { AppError } from '../../src/contracts/app-error.js';
import type { Frame } from '../../src/ml/frame.js';
import { rollForecast, type RunWindow } from '../../src/ml/roll-forecast.js';
import type { LoadedModel } from '../../src/evaluation/loaded-model.js';
import { runForecaster } from '../../src/evaluation/run-forecaster.js';

/**
 * Forecasts `length` rows, the first of them the one after the window that begins at row `sampleIdx`.
 *
 * @throws AppError `invalid_data` when there is no whole window from there on
 */
export async function batchForecast(
  { session, manifest }: LoadedModel,
  frame: Frame,
  sampleIdx: number,
  length: number,
  onRows: (done: number) => void,
): Promise<Frame> {
  const origin = sampleIdx + manifest.rows;
  if (origin > frame.rows) {
    throw new AppError(
      'invalid_data',
      `sample_idx ${sampleIdx} leaves no window of ${manifest.rows} rows in ${frame.rows} test rows; ` +
        `the largest is ${frame.rows - manifest.rows}`,
    );
  }
  const run: RunWindow = (time, cells) => runForecaster(session, 1, time, cells);
  return rollForecast(manifest, manifest.step_ms, frame, origin, length, run, onRows);
}
