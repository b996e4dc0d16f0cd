import { AppError } from '../../contracts/app-error.js';
import type { JsonTensor, ModelSignature, TensorSpec } from '../../contracts/tensor.js';
import { readTensor } from './read-tensor.js';
import type { TensorData } from './tensor-data.js';

/**
 * The tensors of an example in the order of the signature, whatever order they come in.
 * @throws AppError `invalid_request` when they are not what the model takes
 */
export function exampleInputs({ inputs }: ModelSignature, example: readonly JsonTensor[]): TensorData[] {
  const given = new Map(example.map((tensor) => [tensor.name, tensor]));
  const known = new Set(inputs.map(({ name }) => name));
  const unknown = example.find(({ name }) => !known.has(name));
  if (unknown)
    throw fault(`the model has no input "${unknown.name}"; it takes ${inputs.map(describe).join(', ')}`);
  if (given.size < example.length) throw fault('a name comes twice in the example');
  return inputs.map((spec) => {
    const tensor = given.get(spec.name);
    if (!tensor) throw fault(`the example lacks input ${describe(spec)}`);
    if (!fits(spec, tensor)) {
      throw fault(`input ${describe(spec)} cannot be ${tensor.datatype} [${tensor.shape.join(', ')}]`);
    }
    return readTensor(tensor.datatype, tensor.shape, tensor.data, `example input "${spec.name}"`);
  });
}

function fits({ datatype, shape }: TensorSpec, tensor: JsonTensor): boolean {
  return (
    tensor.datatype === datatype &&
    tensor.shape.length === shape.length &&
    shape.every((size, axis) => size === -1 || size === tensor.shape[axis])
  );
}

function describe({ name, datatype, shape }: TensorSpec): string {
  return `"${name}" ${datatype} [${shape.join(', ')}]`;
}

function fault(message: string): AppError {
  return new AppError('invalid_request', message);
}
