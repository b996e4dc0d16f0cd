import type { InferenceSession } from 'onnxruntime-node';
import { type Frame, pickColumns } from '../ml/frame.js';
import type { ForecasterShape } from '../ml/roll-forecast.js';
import { runForecaster } from './run-forecaster.js';

const batchSize = 256;

/**
 * Runs an exported forecaster on the raw rows before each origin.
 *
 * @param frame raw rows
 * @param origins row numbers; each has at least `rows` rows before it
 * @returns raw units, `[origins, horizon, targets]` flat row-major
 */
export async function forecastOrigins(
  session: InferenceSession,
  { columns, targets, rows, horizon }: ForecasterShape,
  frame: Frame,
  origins: Int32Array,
): Promise<Float64Array> {
  const series = pickColumns(frame, columns);
  const width = series.length;
  const out = new Float64Array(origins.length * horizon * targets.length);
  for (let start = 0; start < origins.length; start += batchSize) {
    const batch = origins.subarray(start, start + batchSize);
    const time = new BigInt64Array(batch.length * rows);
    const cells = new Float64Array(batch.length * rows * width);
    batch.forEach((origin, window) => {
      for (let row = 0; row < rows; row++) {
        const from = origin - rows + row;
        const to = window * rows + row;
        time[to] = BigInt(frame.time[from] ?? 0);
        for (let column = 0; column < width; column++)
          cells[to * width + column] = series[column]!.values[from]!;
      }
    });
    const forecast = await runForecaster(session, batch.length, time, cells);
    out.set(forecast, start * horizon * targets.length);
  }
  return out;
}
