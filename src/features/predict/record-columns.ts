import { AppError } from '../../contracts/app-error.js';
import type { ServedModel } from '../../contracts/served-model.js';
import type { ModelSignature, TensorSpec } from '../../contracts/tensor.js';

/**
 * The columns of a model that has one input for each of them, a value a row.
 * @throws AppError `invalid_request` for every other signature: its inputs cannot be given as records
 */
export function requireColumns(
  { identifier, model_version }: ServedModel,
  { inputs }: ModelSignature,
): TensorSpec[] {
  const other = inputs.find(({ shape }) => !isColumn(shape));
  if (inputs.length > 0 && !other) return inputs;
  const why = other ? `input "${other.name}" has shape [${other.shape.join(', ')}]` : 'it has no inputs';
  const message = `version ${model_version} of ${identifier} takes no records, because ${why}: ask it at /v2/models/${identifier}/infer`;
  throw new AppError('invalid_request', message, { issues: [{ path: 'records', message }] });
}

function isColumn([rows, width = 1, ...more]: readonly number[]): boolean {
  return rows === -1 && width === 1 && more.length === 0;
}
