import type { Tensor } from 'onnxruntime-node';

/** The numbers of a float32 tensor. */
export function tensorFloats(tensor: Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array))
    throw new TypeError(`a float32 tensor was expected, not ${tensor?.type}`);
  return tensor.data;
}
