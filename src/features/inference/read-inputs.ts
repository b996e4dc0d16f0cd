import { AppError } from '../../contracts/app-error.js';
import type { InferInput } from '../../contracts/inference.js';
import type { TensorSpec } from '../../contracts/tensor.js';
import { readTensor } from '../../platform/onnx/read-tensor.js';
import type { TensorData } from '../../platform/onnx/tensor-data.js';
import { nameList, quoteName } from './name-list.js';

/**
 * The tensors of a request in the order of the model's signature.
 * @throws AppError `invalid_request` that names the input, and the element when one is wrong
 */
export function readInputs(specs: readonly TensorSpec[], inputs: readonly InferInput[]): TensorData[] {
  const tensors = new Map<TensorSpec, TensorData>();
  for (const input of inputs) {
    const spec = specs.find(({ name }) => name === input.name);
    if (!spec) throw fault(`the model has no input ${quoteName(input.name)}; ${listed(specs)}`);
    if (tensors.has(spec)) throw fault(`input ${quoteName(input.name)} stands there twice`);
    tensors.set(spec, readInput(spec, input));
  }
  return specs.map((spec) => {
    const tensor = tensors.get(spec);
    if (!tensor) throw fault(`input ${quoteName(spec.name)} is missing; ${listed(specs)}`);
    return tensor;
  });
}

function readInput(spec: TensorSpec, { name, datatype, shape, data }: InferInput): TensorData {
  if (datatype !== spec.datatype)
    throw fault(`input ${quoteName(name)} is ${spec.datatype}, not ${datatype}`);
  if (!agrees(spec.shape, shape)) {
    const free = spec.shape.includes(-1) ? ', where -1 is any size' : '';
    throw fault(`input ${quoteName(name)} has shape [${spec.shape.join()}]${free}, not [${shape.join()}]`);
  }
  return readTensor(datatype, shape, data, `input ${quoteName(name)}`);
}

function agrees(spec: readonly number[], shape: readonly number[]): boolean {
  // ONNX Runtime shows a shape that the model does not declare like that of a scalar: it has to decide by itself.
  if (spec.length === 0) return true;
  if (shape.length !== spec.length) return false;
  for (let axis = 0; axis < spec.length; axis++) {
    if (spec[axis] !== -1 && spec[axis] !== shape[axis]) return false;
  }
  return true;
}

function listed(specs: readonly TensorSpec[]): string {
  return `its inputs are ${nameList(specs)}`;
}

function fault(message: string): AppError {
  return new AppError('invalid_request', message);
}
