import { AppError } from '../../src/contracts/app-error.js';
import type { ForecastMetrics } from '../../src/contracts/metrics.js';
import { type ModelExample, ModelManifest, type ModelType } from '../../src/contracts/model-manifest.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { PreprocessResult } from '../../src/contracts/steps/preprocess.js';
import type { TrainResult } from '../../src/contracts/steps/train.js';
import { pickColumns } from '../../src/ml/frame.js';
import type { ForecasterShape } from '../../src/ml/roll-forecast.js';
import { buildName } from '../../src/platform/build-info.js';
import { mediaTypeOf } from '../../src/platform/media-types.js';
import { putByDigest } from '../../src/platform/object-store/content-address.js';
import { createSession } from '../../src/platform/onnx/session.js';
import { forecastOrigins } from '../../src/evaluation/forecast-origins.js';
import { type HeldOut, measure } from '../../src/evaluation/held-out.js';
import type { StepContext } from '../step.js';
import { mlModelFile } from './mlmodel-file.js';

export interface TrainedModel {
  model_type: ModelType;
  /** The serialised ONNX model. */
  bytes: Uint8Array;
  identifier: string;
  config_hash: string;
  preprocess: PreprocessResult;
  /** Rows that a forecast sees, rows of history it needs for them, and rows it gives. */
  window: number;
  rows: number;
  horizon: number;
  /** More files for the artifact folder. */
  files: Record<string, Uint8Array>;
  /** When the training began, milliseconds on the monotonic clock. */
  began: number;
}

/**
 * Measures the exported model on the held-out rows, from raw input as it will be served, and stores it with its
 * manifest and the files that an MLflow client expects beside it.
 */
export async function publishModel(
  model: TrainedModel,
  heldOut: HeldOut,
  context: StepContext,
): Promise<TrainResult> {
  const { store, trackedRunId } = context;
  if (trackedRunId === null) throw new AppError('internal', 'a training step needs a tracked run');
  const { preprocess, model_type, bytes } = model;
  const shape = {
    columns: preprocess.fitted.columns.map(({ name }) => name),
    targets: preprocess.targets,
    rows: model.rows,
    horizon: model.horizon,
  } satisfies ForecasterShape;
  const { metrics, example } = await tryModel(bytes, shape, heldOut);
  const file = await putByDigest(store, buckets.artifacts, bytes, mediaTypeOf('model.onnx'));
  const manifest = ModelManifest.parse({
    ...shape,
    model_type,
    units: 'as in the training file',
    window: model.window,
    step_ms: preprocess.step_ms,
    preprocess: preprocess.fitted,
    feedback: 'targets are fed back, other columns keep their last value, time follows the clock',
    identifier: model.identifier,
    config_hash: model.config_hash,
    tracked_run_id: trackedRunId,
    trained: preprocess.trained,
    sha256: file.sha256,
    size: file.size,
    metrics,
    build: buildName(),
    example,
  } satisfies ModelManifest);
  const text = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  const storeFile = async (name: string, content: Uint8Array) => ({
    path: `${model_type}/${name}`,
    file: await putByDigest(store, buckets.artifacts, content, mediaTypeOf(name)),
  });
  const manifestFile = await storeFile('manifest.json', text(manifest));
  const others = { MLmodel: text(mlModelFile(manifest, context.now())), ...model.files };
  const stored = await Promise.all(Object.entries(others).map(([name, content]) => storeFile(name, content)));
  const seconds = (performance.now() - model.began) / 1000;
  context.log(
    `${model_type} trained in ${seconds.toFixed(1)} s: held-out ${describeMetrics(metrics)}; ${file.size} bytes as ${file.sha256}`,
  );
  context.metrics(
    Object.entries({ ...metrics, seconds }).map(([key, value]) => ({
      key,
      value: value ?? Number.NaN,
      step: 0,
    })),
  );
  return {
    model: file,
    manifest: manifestFile.file,
    files: [{ path: `${model_type}/model.onnx`, file }, manifestFile, ...stored],
    metrics,
    seconds,
  };
}

function describeMetrics({ rmse, mae }: ForecastMetrics): string {
  const text = (value: number | null) => value?.toPrecision(4) ?? 'unknown';
  return `rmse ${text(rmse)}, mae ${text(mae)}`;
}

/** The held-out metrics, and one request with its answer that every later load of the model must repeat. */
async function tryModel(
  bytes: Uint8Array,
  shape: ForecasterShape,
  heldOut: HeldOut,
): Promise<{ metrics: ForecastMetrics; example: ModelExample }> {
  const session = await createSession(bytes);
  try {
    const { frame, origins } = heldOut;
    const first = origins[0]!;
    const predicted = await forecastOrigins(session, shape, frame, origins);
    const columns = pickColumns(frame, shape.columns);
    const rows = Array.from({ length: shape.rows }, (_, row) => first - shape.rows + row);
    const example = {
      time: rows.map((row) => frame.time[row]!),
      columns: rows.map((row) =>
        columns.map(({ values }) => (Number.isNaN(values[row]) ? null : values[row]!)),
      ),
      forecast: Array.from({ length: shape.horizon }, (_, step) => [
        ...predicted.subarray(step * shape.targets.length, (step + 1) * shape.targets.length),
      ]),
    };
    return { metrics: measure(heldOut, predicted), example };
  } finally {
    await session.release();
  }
}
