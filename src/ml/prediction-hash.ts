import { createHash } from 'node:crypto';
import type { Frame } from './frame.js';

/** Eight bytes a number, little-endian on every machine; -0 counts as 0 and every NaN is the same. */
function toBytes(values: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  values.forEach((value, i) => view.setFloat64(i * 8, Number.isNaN(value) ? Number.NaN : value + 0, true));
  return new Uint8Array(view.buffer);
}

/**
 * 16 hex digits over times, column names and values of a forecast: two forecasts with the same one are the same
 * forecast, so that a batch done twice is recorded once. The first 64 bits of SHA-256.
 */
export function predictionHash(forecast: Frame): string {
  const hash = createHash('sha256').update(toBytes(forecast.time));
  for (const { name, values } of forecast.columns) hash.update(`\0${name}\0`).update(toBytes(values));
  return hash.digest('hex').slice(0, 16);
}
