import { AppError } from '../../contracts/app-error.js';
import type { InferRequest } from '../../contracts/inference.js';
import type { TensorSpec } from '../../contracts/tensor.js';
import { nameList, quoteName } from './name-list.js';

/**
 * The places in the signature of the outputs that a request asks for, in its order; all of them when it names none.
 * @throws AppError `invalid_request` for an output that the model has not, or that is asked for twice
 */
export function chooseOutputs(specs: readonly TensorSpec[], asked: InferRequest['outputs']): number[] {
  if (!asked || asked.length === 0) return specs.map((_, place) => place);
  const places = new Set<number>();
  for (const { name } of asked) {
    const place = specs.findIndex((spec) => spec.name === name);
    if (place === -1) {
      const message = `the model has no output ${quoteName(name)}; its outputs are ${nameList(specs)}`;
      throw new AppError('invalid_request', message);
    }
    if (places.has(place)) {
      throw new AppError('invalid_request', `output ${quoteName(name)} is asked for twice`);
    }
    places.add(place);
  }
  return [...places];
}
