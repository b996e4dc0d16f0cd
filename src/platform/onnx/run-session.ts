import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../contracts/app-error.js';
import type { ModelSignature } from '../../contracts/tensor.js';
import { elementTypes, type TensorData } from './tensor-data.js';

/**
 * One run with the inputs of a signature, in its order.
 * @throws AppError `internal` when an output is not what the signature says; ONNX Runtime's errors
 */
export async function runSession(
  session: InferenceSession,
  { inputs: specs, outputs }: ModelSignature,
  inputs: readonly TensorData[],
): Promise<TensorData[]> {
  const feeds = Object.fromEntries(
    specs.map(({ name, datatype }, i) => {
      const { data, shape } = inputs[i]!;
      return [name, new Tensor(elementTypes[datatype].ort, data, shape)];
    }),
  );
  const results = await session.run(
    feeds,
    outputs.map(({ name }) => name),
  );
  return outputs.map(({ name }) => {
    const result = results[name];
    if (!result || !('data' in result)) throw new AppError('internal', `the model gives no output "${name}"`);
    return { shape: result.dims, data: result.data };
  });
}
