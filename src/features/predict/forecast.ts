import { AppError } from '../../contracts/app-error.js';
import type { ModelManifest } from '../../contracts/model-manifest.js';
import type { Prediction } from '../../contracts/predict.js';
import type { RequestLimits } from '../../http/request-limits.js';
import type { Frame } from '../../ml/frame.js';
import { rollForecast } from '../../ml/roll-forecast.js';
import { measureSpacing } from '../../ml/spacing.js';
import type { Loaded } from '../serving/serving.service.js';

/**
 * The rows after a history.
 * @throws AppError `invalid_request` for a forecast that overflowed; what the session throws
 */
export async function forecast(
  history: Frame,
  length: number,
  manifest: ModelManifest,
  { session }: Pick<Loaded, 'session'>,
  limits: RequestLimits,
): Promise<Prediction[]> {
  // One row has no spacing of its own; only a model that needs no more can be asked with it.
  const stepMs = history.rows > 1 ? measureSpacing(history.time).stepMs : manifest.step_ms;
  const frame = await rollForecast(manifest, stepMs, history, history.rows, length, async (time, cells) => {
    const inputs = [
      { shape: [1, time.length], data: time },
      { shape: [1, time.length, manifest.columns.length], data: cells },
    ];
    const [predicted] = await session.run({ inputs, rows: 1, ...limits });
    if (predicted?.data instanceof Float64Array) return predicted.data;
    throw new AppError('internal', 'the model gives no float64 forecast');
  });
  return rowsOf(frame);
}

function rowsOf({ time, columns }: Frame): Prediction[] {
  const overflown = columns.find(({ values }) => !values.every(Number.isFinite));
  if (overflown) {
    const message = `the forecast of ${overflown.name} is not finite: the history is too far from what the model knows`;
    throw new AppError('invalid_request', message, { issues: [{ path: 'data', message }] });
  }
  return Array.from(time, (ms, row) => ({
    ts: new Date(ms).toISOString(),
    ...Object.fromEntries(columns.map(({ name, values }) => [name, values[row]!])),
  }));
}
