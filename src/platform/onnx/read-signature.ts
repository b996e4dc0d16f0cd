import type { InferenceSession } from 'onnxruntime-node';
import { AppError } from '../../contracts/app-error.js';
import type { ModelSignature, TensorSpec } from '../../contracts/tensor.js';
import { toDatatype } from './tensor-data.js';

/**
 * What a loaded model takes and gives, in its own order. Outputs that are no tensors are left out: they cannot be read.
 *
 * @throws AppError `invalid_data` when an input is no tensor, or of a type that the protocol does not have
 */
export function readSignature({ inputMetadata, outputMetadata }: InferenceSession): ModelSignature {
  return {
    inputs: inputMetadata.map((metadata) => {
      const spec = toSpec(metadata);
      if (spec) return spec;
      const message = `input "${metadata.name}" is no tensor of numbers, booleans or texts`;
      throw new AppError('invalid_data', message);
    }),
    outputs: outputMetadata.flatMap((metadata) => toSpec(metadata) ?? []),
  };
}

function toSpec(metadata: InferenceSession.ValueMetadata): TensorSpec | undefined {
  const datatype = metadata.isTensor ? toDatatype(metadata.type) : undefined;
  if (!metadata.isTensor || datatype === undefined) return undefined;
  const shape = metadata.shape.map((dimension) => (typeof dimension === 'number' ? dimension : -1));
  return { name: metadata.name, datatype, shape };
}
