import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../contracts/app-error.js';
import { signature } from '../ml/export/signature.js';

/**
 * One call of an exported forecaster with a batch of windows.
 *
 * @param time `[batch, rows]` flat, epoch milliseconds
 * @param cells `[batch, rows, columns]` flat, raw values
 * @returns raw units, `[batch, horizon, targets]` flat
 * @throws AppError `invalid_data` when the model's answer is no float64 forecast
 */
export async function runForecaster(
  session: InferenceSession,
  batch: number,
  time: BigInt64Array,
  cells: Float64Array,
): Promise<Float64Array> {
  const outputs = await session.run({
    [signature.time]: new Tensor('int64', time, [batch, time.length / batch]),
    [signature.columns]: new Tensor('float64', cells, [
      batch,
      time.length / batch,
      cells.length / time.length,
    ]),
  });
  const data = outputs[signature.forecast]?.data;
  if (!(data instanceof Float64Array))
    throw new AppError('invalid_data', 'the model gives no float64 forecast');
  return data;
}
