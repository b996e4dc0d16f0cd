import { Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import { importedType } from '../../contracts/imported-manifest.js';
import type { ModelManifest } from '../../contracts/model-manifest.js';
import type { ServedManifest } from '../../contracts/served-manifest.js';
import type {
  PredictAnswer,
  PredictRequest,
  PredictSchemaAnswer,
  PredictSchemaQuery,
} from '../../contracts/predict.js';
import type { RequestLimits } from '../../http/request-limits.js';
import type { Frame } from '../../ml/frame.js';
import { rollForecast } from '../../ml/roll-forecast.js';
import { measureSpacing } from '../../ml/spacing.js';
import { type Loaded, ServingService } from '../serving/serving.service.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { readHistory } from './read-history.js';

@Injectable()
export class PredictService {
  constructor(private readonly serving: ServingService) {}

  /**
   * A forecast from the promoted model.
   * @throws AppError `invalid_request`, `not_found`, `unavailable`, `deadline_exceeded`
   */
  predict(
    { identifier, config_hash, data, index_col }: PredictRequest,
    length: number,
    limits: RequestLimits,
    req_id: string,
  ): Promise<PredictAnswer> {
    return this.serving.use({ identifier, config_hash }, limits, async (loaded) => {
      const { manifest, served } = loaded;
      if (!isForecaster(manifest)) throw notForecaster(served);
      const history = readHistory(data, index_col, manifest);
      const predictions = rowsOf(await forecast(history, length, manifest, loaded, limits));
      const { run_id, model_type, model_version } = served;
      return {
        status: 'SUCCESS',
        identifier: served.identifier,
        run_id,
        model_type,
        model_version,
        config_hash: served.config_hash,
        predictions,
        req_id,
      };
    });
  }

  /** What the promoted model takes, with a request that works. */
  schema(query: PredictSchemaQuery, limits: RequestLimits): Promise<PredictSchemaAnswer> {
    return this.serving.use(query, limits, ({ served, manifest }) => {
      if (!isForecaster(manifest)) throw notForecaster(served);
      const { identifier, run_id, model_version, config_hash } = served;
      const { model_type, columns, targets, window, rows, horizon, step_ms, units } = manifest;
      return Promise.resolve({
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
        example: {
          identifier,
          // The champion of now may take other columns than the one that was asked about.
          ...(query.config_hash && { config_hash: query.config_hash }),
          inference_length: 3,
          data: exampleData(manifest),
        },
      });
    });
  }
}

function isForecaster(manifest: ServedManifest): manifest is ModelManifest {
  return manifest.model_type !== importedType;
}

function notForecaster({ identifier, model_version }: ServedModel): AppError {
  return new AppError('invalid_request', `version ${model_version} of ${identifier} is no forecaster`);
}

function forecast(
  history: Frame,
  length: number,
  manifest: ModelManifest,
  { session }: Loaded,
  limits: RequestLimits,
): Promise<Frame> {
  // One row has no spacing of its own; only a model that needs no more can be asked with it.
  const stepMs = history.rows > 1 ? measureSpacing(history.time).stepMs : manifest.step_ms;
  return rollForecast(manifest, stepMs, history, history.rows, length, async (time, cells) => {
    const inputs = [
      { shape: [1, time.length], data: time },
      { shape: [1, time.length, manifest.columns.length], data: cells },
    ];
    const [predicted] = await session.run({ inputs, rows: 1, ...limits });
    if (predicted?.data instanceof Float64Array) return predicted.data;
    throw new AppError('internal', 'the model gives no float64 forecast');
  });
}

/** @throws AppError `invalid_request` for a forecast that overflowed */
function rowsOf({ time, columns }: Frame): PredictAnswer['predictions'] {
  const overflown = columns.find(({ values }) => !values.every(Number.isFinite));
  if (overflown) {
    const message = `the forecast of ${overflown.name} is not finite: the history is too far from what the model knows`;
    throw new AppError('invalid_request', message, { issues: [{ path: 'data', message }] });
  }
  return Array.from(time, (ms, row) => ({
    ts: new Date(ms).toISOString(),
    ...Object.fromEntries(columns.map(({ name, values }) => [name, values[row]!])),
  }));
}

function exampleData({ example, columns }: ModelManifest): Record<string, unknown[]> {
  return {
    time: example.time.map((ms) => new Date(ms).toISOString()),
    ...Object.fromEntries(
      columns.map((name, column) => [name, example.columns.map((row) => row[column] ?? null)]),
    ),
  };
}
