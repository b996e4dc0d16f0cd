import type { ModelSignature } from '../../contracts/tensor.js';
import type { TensorData } from '../../platform/onnx/tensor-data.js';

/**
 * Rows of a request along the first axis of its tensors, which is how it is run together with others; undefined when
 * that cannot be, because its answer could not be cut out of a common one: an axis that is not free, no rows at all, or
 * inputs of different numbers of rows.
 */
export function countRows(
  { inputs: takes, outputs: gives }: ModelSignature,
  inputs: readonly TensorData[],
): number | undefined {
  const isFree = ({ shape }: { shape: readonly number[] }) => shape[0] === -1;
  if (!takes.every(isFree) || !gives.every(isFree)) return undefined;
  const rows = inputs[0]?.shape[0];
  return rows !== 0 && inputs.every(({ shape }) => shape[0] === rows) ? rows : undefined;
}
