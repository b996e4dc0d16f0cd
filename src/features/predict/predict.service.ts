import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import type {
  PredictAnswer,
  PredictRequest,
  PredictSchemaAnswer,
  PredictSchemaQuery,
} from '../../contracts/predict.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { METRICS } from '../../http/resources.module.js';
import type { Frame } from '../../ml/frame.js';
import { rollForecast } from '../../ml/roll-forecast.js';
import { measureSpacing } from '../../ml/spacing.js';
import type { GatewayMetrics } from '../../platform/metrics/gateway-metrics.js';
import { readHistory } from './read-history.js';
import { ServedModels } from './served-models.js';
import type { Loaded } from './session-cache.js';

@Injectable()
export class PredictService {
  constructor(
    private readonly models: ServedModels,
    @Inject(METRICS) private readonly metrics: GatewayMetrics,
  ) {}

  /**
   * A forecast from the promoted model.
   * @throws AppError `invalid_request`, `not_found`, `unavailable`
   */
  predict(request: PredictRequest, length: number, req_id: string): Promise<PredictAnswer> {
    const { identifier, config_hash, data, index_col } = request;
    return this.models.use({ identifier, config_hash }, async (served, loaded) => {
      const predictions = await this.counted(served, async () => {
        const history = readHistory(data, index_col, loaded.manifest);
        return rowsOf(await forecast(history, length, loaded));
      });
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
  schema(query: PredictSchemaQuery): Promise<PredictSchemaAnswer> {
    return this.models.use(
      query,
      ({ identifier, run_id, model_type, model_version, config_hash }, { manifest }) => {
        const { columns, targets, window, rows, horizon, step_ms, units, feedback, preprocess } = manifest;
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
          fill_values: Object.fromEntries(preprocess.columns.map(({ name, fill }) => [name, fill])),
          feedback,
          example: {
            identifier,
            // The champion of now may take other columns than the one that was asked about.
            ...(query.config_hash && { config_hash: query.config_hash }),
            inference_length: 3,
            data: exampleData(manifest),
          },
        });
      },
    );
  }

  private async counted<T>({ identifier, model_version }: ServedModel, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    let outcome = 'internal';
    try {
      const result = await work();
      outcome = 'ok';
      this.metrics.predictionSeconds.observe({ identifier }, (performance.now() - began) / 1000);
      return result;
    } catch (error) {
      if (error instanceof AppError) outcome = error.code;
      throw error;
    } finally {
      this.metrics.predictions.inc({ identifier, model_version, outcome });
    }
  }
}

function forecast(history: Frame, length: number, { manifest, session }: Loaded): Promise<Frame> {
  // One row has no spacing of its own; only a model that needs no more can be asked with it.
  const stepMs = history.rows > 1 ? measureSpacing(history.time).stepMs : manifest.step_ms;
  return rollForecast(manifest, stepMs, history, history.rows, length, (time, cells) =>
    session.forecast(time, cells),
  );
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

function exampleData({ example, columns }: Loaded['manifest']): Record<string, unknown[]> {
  return {
    time: example.time.map((ms) => new Date(ms).toISOString()),
    ...Object.fromEntries(
      columns.map((name, column) => [name, example.columns.map((row) => row[column] ?? null)]),
    ),
  };
}
