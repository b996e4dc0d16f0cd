import { AppError } from '../../contracts/app-error.js';
import type { ImportedManifest } from '../../contracts/imported-manifest.js';
import type { Prediction, PredictedValue } from '../../contracts/predict.js';
import type { Datatype, TensorSpec } from '../../contracts/tensor.js';
import { fromHalfBits } from '../../platform/onnx/half-float.js';
import type { TensorData } from '../../platform/onnx/tensor-data.js';

type Element = string | number | boolean | null;

/**
 * A prediction for each record, with an entry for each output of the model: a scalar, the probabilities of the classes
 * that the manifest names, or an array.
 *
 * @throws AppError `invalid_request` when an output has not one row for each record
 */
export function writePredictions(
  identifier: string,
  specs: readonly TensorSpec[],
  outputs: readonly TensorData[],
  records: number,
  classes: ImportedManifest['classes'],
): Prediction[] {
  const readers = specs.map((spec, i) => {
    const labels = Object.hasOwn(classes, spec.name) ? classes[spec.name] : undefined;
    return [spec.name, rowReader(identifier, spec, outputs[i]!, records, labels?.map(String))] as const;
  });
  return Array.from({ length: records }, (_, row) =>
    Object.fromEntries(readers.map(([name, read]) => [name, read(row)])),
  );
}

function rowReader(
  identifier: string,
  { name, datatype }: TensorSpec,
  { shape, data }: TensorData,
  records: number,
  labels: string[] | undefined,
): (row: number) => PredictedValue {
  const [rows, ...sizes] = shape;
  if (rows !== records) {
    const message = `output "${name}" has shape [${shape.join(', ')}] for ${records} records, and not a row for each: ask this model at /v2/models/${identifier}/infer`;
    throw new AppError('invalid_request', message, { issues: [{ path: 'records', message }] });
  }
  const width = data.length / records;
  const element = (index: number) => toJson(datatype, data[index]!);
  if (labels && labels.length === width && new Set(labels).size === width) {
    return (row) => Object.fromEntries(labels.map((label, i) => [label, element(row * width + i)]));
  }
  if (width === 1) return element;
  return (row) => nested(sizes, row * width, element);
}

/** The elements of a tensor from `from` on, in arrays of these sizes. */
function nested(
  [size = 0, ...sizes]: readonly number[],
  from: number,
  element: (index: number) => Element,
): unknown[] {
  if (sizes.length === 0) return Array.from({ length: size }, (_, i) => element(from + i));
  const step = sizes.reduce((product, count) => product * count, 1);
  return Array.from({ length: size }, (_, i) => nested(sizes, from + i * step, element));
}

/** JSON has neither infinities nor NaN, and loses digits of integers beyond 2^53. */
function toJson(datatype: Datatype, value: number | bigint | string): Element {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (datatype === 'BOOL') return value !== 0;
  const number = datatype === 'FP16' ? fromHalfBits(value) : value;
  return Number.isFinite(number) ? number : null;
}
