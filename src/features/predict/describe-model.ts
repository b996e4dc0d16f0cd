import type { ImportedManifest } from '../../contracts/imported-manifest.js';
import type { ModelManifest } from '../../contracts/model-manifest.js';
import type { ForecastSchema, PredictRequest, RecordSchema } from '../../contracts/predict.js';
import type { ServedModel } from '../../contracts/served-model.js';
import type { ModelSignature } from '../../contracts/tensor.js';
import { exampleData, exampleRecords } from './example-request.js';
import { requireColumns } from './record-columns.js';

/** Which model was asked about, so that the example leads to the same one. */
type Asked = Pick<PredictRequest, 'config_hash' | 'model_version' | 'alias'>;

/** What a forecaster takes, with a request that works. */
export function describeForecaster(
  { identifier, run_id, model_version, config_hash }: ServedModel,
  manifest: ModelManifest,
  asked: Asked,
): ForecastSchema {
  const { model_type, columns, targets, window, rows, horizon, step_ms, units } = manifest;
  return {
    identifier,
    run_id,
    model_type,
    model_version,
    config_hash,
    columns,
    targets,
    window,
    rows,
    horizon,
    step_ms,
    units,
    fill_values: Object.fromEntries(manifest.preprocess.columns.map(({ name, fill }) => [name, fill])),
    feedback: manifest.feedback,
    example: { identifier, ...asked, inference_length: 3, data: exampleData(manifest) },
  };
}

/**
 * What an imported model of columns takes, with a request that works.
 * @throws AppError `invalid_request` when its inputs are no columns
 */
export function describeColumns(
  served: ServedModel,
  manifest: ImportedManifest,
  signature: ModelSignature,
  asked: Asked,
): RecordSchema {
  const { identifier, run_id, model_version, config_hash } = served;
  const columns = requireColumns(served, signature);
  return {
    identifier,
    run_id,
    model_type: manifest.model_type,
    model_version,
    config_hash,
    columns: columns.map(({ name, datatype }) => ({ name, datatype })),
    outputs: signature.outputs,
    classes: manifest.classes,
    example: { identifier, ...asked, records: exampleRecords(manifest, columns) },
  };
}
