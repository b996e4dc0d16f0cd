import type { Tensor } from 'onnxruntime-node';
import type { Datatype } from '../../contracts/tensor.js';

/** Elements in row-major order. FP16 as its bits; BOOL as 0 and 1. */
export type TensorArray = Tensor.DataType;

/** A tensor without its name and datatype: those are the signature's. */
export interface TensorData {
  shape: readonly number[];
  data: TensorArray;
}

interface ElementType {
  /** ONNX Runtime's name. */
  ort: Tensor.Type;
  make: (length: number) => TensorArray;
}

export const elementTypes: Record<Datatype, ElementType> = {
  BOOL: { ort: 'bool', make: (length) => new Uint8Array(length) },
  INT8: { ort: 'int8', make: (length) => new Int8Array(length) },
  INT16: { ort: 'int16', make: (length) => new Int16Array(length) },
  INT32: { ort: 'int32', make: (length) => new Int32Array(length) },
  INT64: { ort: 'int64', make: (length) => new BigInt64Array(length) },
  UINT8: { ort: 'uint8', make: (length) => new Uint8Array(length) },
  UINT16: { ort: 'uint16', make: (length) => new Uint16Array(length) },
  UINT32: { ort: 'uint32', make: (length) => new Uint32Array(length) },
  UINT64: { ort: 'uint64', make: (length) => new BigUint64Array(length) },
  FP16: { ort: 'float16', make: (length) => new Uint16Array(length) },
  FP32: { ort: 'float32', make: (length) => new Float32Array(length) },
  FP64: { ort: 'float64', make: (length) => new Float64Array(length) },
  BYTES: { ort: 'string', make: (length) => Array.from({ length }, () => '') },
};

const datatypeOf = new Map(
  Object.entries(elementTypes).map(([datatype, { ort }]) => [ort, datatype as Datatype]),
);

/** The protocol's name of an element type of ONNX Runtime, or undefined when the protocol has none (4-bit integers). */
export function toDatatype(type: Tensor.Type): Datatype | undefined {
  return datatypeOf.get(type);
}
