import type { Datatype } from '../../contracts/tensor.js';
import { fromHalfBits } from './half-float.js';
import type { TensorData } from './tensor-data.js';

/**
 * How far two numbers may be apart and still be the same one, rounded another way: of the number itself, and, where sums
 * cancel out, of the largest number beside it.
 */
const relative = { float: 1e-5, half: 2e-3 };
const ofLargest = 0.1;

/** Do two tensors hold the same: texts and whole numbers exactly, others but for rounding? */
export function sameTensors(datatype: Datatype, a: TensorData, b: TensorData): boolean {
  if (a.shape.length !== b.shape.length || a.shape.some((size, axis) => size !== b.shape[axis])) return false;
  if (Array.isArray(a.data) || Array.isArray(b.data)) return sameElements(a.data, b.data);
  if (datatype === 'FP16') return close(halves(a), halves(b), relative.half);
  if (isFloat(a.data) && isFloat(b.data)) return close(a.data, b.data, relative.float);
  return sameElements(a.data, b.data);
}

function close(a: Iterable<number> & ArrayLike<number>, b: ArrayLike<number>, tolerance: number): boolean {
  let largest = 0;
  for (const value of a) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  for (let i = 0; i < a.length; i++) {
    const [left, right] = [a[i]!, b[i]!];
    // Infinities are equal or not, and NaN is where NaN is.
    if (Object.is(left, right) || left === right) continue;
    if (!(Math.abs(left - right) <= tolerance * (Math.abs(left) + ofLargest * largest))) return false;
  }
  return true;
}

function sameElements(a: TensorData['data'], b: TensorData['data']): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isFloat(data: TensorData['data']): data is Float32Array | Float64Array {
  return data instanceof Float32Array || data instanceof Float64Array;
}

function halves({ data }: TensorData): number[] {
  if (!('buffer' in data)) return [];
  return Array.from(new Uint16Array(data.buffer, data.byteOffset, data.length), fromHalfBits);
}
