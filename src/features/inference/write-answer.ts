import { AppError } from '../../contracts/app-error.js';
import type { InferAnswer } from '../../contracts/inference.js';
import type { TensorSpec } from '../../contracts/tensor.js';
import type { TensorData } from '../../platform/onnx/tensor-data.js';
import { writeTensor } from '../../platform/onnx/write-tensor.js';

/** Elements (of texts, characters) of one answer: more would hold up everybody else for seconds while it is written. */
const mostElements = 8 * 1_048_576;

/**
 * An answer as JSON. It is written here and not by a schema: that would look at every number once more.
 *
 * @param places which outputs, and in which order
 * @throws AppError `unprocessable` for an answer that is too large
 */
export function writeAnswer(
  head: Omit<InferAnswer, 'outputs'>,
  places: readonly number[],
  specs: readonly TensorSpec[],
  outputs: readonly TensorData[],
): string {
  const size = places.reduce((sum, place) => sum + sizeOf(outputs[place]!), 0);
  if (size > mostElements) {
    const message = `the answer has ${size} elements, and at most ${mostElements} are sent; ask for fewer rows or outputs`;
    throw new AppError('unprocessable', message);
  }
  const tensors = places.map((place) => writeTensor(specs[place]!, outputs[place]!));
  return `${JSON.stringify(head).slice(0, -1)},"outputs":[${tensors.join()}]}`;
}

function sizeOf({ data }: TensorData): number {
  return Array.isArray(data) ? data.reduce((sum, text) => sum + text.length, data.length) : data.length;
}
