import type { TensorSpec } from '../../contracts/tensor.js';
import { fromHalfBits } from './half-float.js';
import type { TensorArray, TensorData } from './tensor-data.js';

/**
 * A tensor as JSON, its data flat. Integers are digits, exact also beyond 2^53; NaN and infinities are null, for which
 * JSON has no numbers.
 */
export function writeTensor(
  { name, datatype }: Pick<TensorSpec, 'name' | 'datatype'>,
  { shape, data }: TensorData,
): string {
  const head = `{"name":${JSON.stringify(name)},"shape":[${shape.join()}],"datatype":"${datatype}"`;
  return `${head},"data":${elementsText(datatype, data)}}`;
}

// Doubles by `JSON.stringify` are written twice as fast as float32 numbers by the shortest text that reads back to
// them; both read back to the same numbers.
function elementsText(datatype: TensorSpec['datatype'], data: TensorArray): string {
  if (datatype === 'BOOL') return JSON.stringify(Array.from(data, Boolean));
  if (datatype === 'FP16' && 'buffer' in data) {
    // A newer Node gives halves as such; their bits are the same.
    const bits = new Uint16Array(data.buffer, data.byteOffset, data.length);
    return JSON.stringify(Array.from(bits, fromHalfBits));
  }
  // JSON.stringify knows no bigint.
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return `[${data.join()}]`;
  return JSON.stringify(Array.isArray(data) ? data : Array.from(data));
}
