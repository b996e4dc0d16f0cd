import { AppError } from '../../contracts/app-error.js';
import type { Datatype } from '../../contracts/tensor.js';
import { elementTypes, type TensorArray, type TensorData } from './tensor-data.js';

/** Can these inputs be run together: the same sizes behind the first axis? */
export function fitsTogether(a: readonly TensorData[], b: readonly TensorData[]): boolean {
  return a.every(({ shape }, i) => {
    const other = b[i]!.shape;
    if (other.length !== shape.length) return false;
    for (let axis = 1; axis < shape.length; axis++) if (shape[axis] !== other[axis]) return false;
    return true;
  });
}

/** Puts tensors behind one another along the first axis; one tensor alone is not copied. */
export function concatenate(datatype: Datatype, tensors: readonly TensorData[]): TensorData {
  const [first] = tensors;
  if (!first) throw new AppError('internal', 'there is nothing to concatenate');
  if (tensors.length === 1) return first;
  const rows = tensors.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const shape = [rows, ...first.shape.slice(1)];
  return { shape, data: joined(datatype, tensors) };
}

function joined(datatype: Datatype, tensors: readonly TensorData[]): TensorArray {
  if (datatype === 'BYTES') return tensors.flatMap(({ data }) => (Array.isArray(data) ? data : []));
  const all = elementTypes[datatype].make(tensors.reduce((sum, { data }) => sum + data.length, 0));
  const bytes = bytesOf(all);
  let at = 0;
  for (const { data } of tensors) {
    const piece = bytesOf(data);
    bytes.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The memory of a typed array; texts have none. */
function bytesOf(data: TensorArray): Uint8Array {
  return Array.isArray(data)
    ? new Uint8Array()
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Cuts a tensor along the first axis into pieces of so many rows.
 * @throws AppError `internal` when the tensor does not have that many rows: its answers could not be told apart
 */
export function split(tensor: TensorData, rows: readonly number[]): TensorData[] {
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (rows.length === 1) return [tensor];
  if (tensor.shape[0] !== total) {
    throw new AppError('internal', `the model answered ${tensor.shape[0]} rows for ${total}`);
  }
  const perRow = total === 0 ? 0 : tensor.data.length / total;
  let from = 0;
  return rows.map((count) => {
    const to = from + count * perRow;
    const data = Array.isArray(tensor.data) ? tensor.data.slice(from, to) : tensor.data.subarray(from, to);
    from = to;
    return { shape: [count, ...tensor.shape.slice(1)], data };
  });
}
