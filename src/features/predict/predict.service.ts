import { Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import { type ImportedManifest, importedType } from '../../contracts/imported-manifest.js';
import type { ModelManifest } from '../../contracts/model-manifest.js';
import {
  onlyWithData,
  type PredictAnswer,
  type Prediction,
  type PredictQuery,
  type PredictRequest,
  type PredictSchemaAnswer,
  type PredictSchemaQuery,
} from '../../contracts/predict.js';
import type { RequestLimits } from '../../http/request-limits.js';
import { type Loaded, ServingService, type Target } from '../serving/serving.service.js';
import { describeColumns, describeForecaster } from './describe-model.js';
import { forecast } from './forecast.js';
import { readHistory } from './read-history.js';
import { readRecords } from './read-records.js';
import { requireColumns } from './record-columns.js';
import { writePredictions } from './write-predictions.js';

@Injectable()
export class PredictService {
  constructor(private readonly serving: ServingService) {}

  /**
   * A forecast, or a prediction for each record.
   * @throws AppError `invalid_request`, `not_found`, `unavailable`, `deadline_exceeded`
   */
  predict(
    request: PredictRequest,
    { inference_length }: PredictQuery,
    limits: RequestLimits,
    req_id: string,
  ): Promise<PredictAnswer> {
    if (request.records && inference_length !== undefined) throw wrong('inference_length', onlyWithData);
    return this.serving.use(targetOf(request), limits, async (loaded) => {
      const { identifier, run_id, model_type, model_version, config_hash } = loaded.served;
      return {
        status: 'SUCCESS',
        identifier,
        run_id,
        model_type,
        model_version,
        config_hash,
        predictions: await predictions({ inference_length, ...request }, loaded, limits),
        req_id,
      };
    });
  }

  /** What the model takes, with a request that works. */
  schema(query: PredictSchemaQuery, limits: RequestLimits): Promise<PredictSchemaAnswer> {
    // What was asked for by name: the champion of now may take other columns than that one.
    const { identifier: _, ...asked } = query;
    return this.serving.use(targetOf(query), limits, async ({ served, manifest, session }) =>
      manifest.model_type === importedType
        ? describeColumns(served, manifest, session.signature, asked)
        : describeForecaster(served, manifest, asked),
    );
  }
}

function predictions(request: PredictRequest, loaded: Loaded, limits: RequestLimits): Promise<Prediction[]> {
  const { manifest } = loaded;
  return manifest.model_type === importedType
    ? predictRecords(request, manifest, loaded, limits)
    : predictSeries(request, manifest, loaded, limits);
}

function predictSeries(
  { data, index_col, inference_length = 1 }: PredictRequest,
  manifest: ModelManifest,
  loaded: Loaded,
  limits: RequestLimits,
): Promise<Prediction[]> {
  if (!data) throw wrong('records', `${nameOf(loaded)} is a forecaster: give its history as data`);
  return forecast(readHistory(data, index_col, manifest), inference_length, manifest, loaded, limits);
}

async function predictRecords(
  { records }: PredictRequest,
  { classes }: ImportedManifest,
  loaded: Loaded,
  limits: RequestLimits,
): Promise<Prediction[]> {
  const { served, session } = loaded;
  if (!records) throw wrong('data', `${nameOf(loaded)} was imported and is no forecaster: give records`);
  const { signature } = session;
  const inputs = readRecords(records, requireColumns(served, signature));
  const outputs = await session.run({ inputs, rows: records.length, ...limits });
  return writePredictions(served.identifier, signature.outputs, outputs, records.length, classes);
}

function targetOf({ identifier, config_hash, model_version, alias }: PredictSchemaQuery): Target {
  if (identifier !== undefined && model_version !== undefined) return { identifier, version: model_version };
  if (identifier !== undefined && alias !== undefined) return { identifier, alias };
  return { identifier, config_hash };
}

function nameOf({ served: { identifier, model_version } }: Loaded): string {
  return `version ${model_version} of ${identifier}`;
}

function wrong(path: string, message: string): AppError {
  return new AppError('invalid_request', message, { issues: [{ path, message }] });
}
