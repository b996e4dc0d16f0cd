import { mersenne } from 'pure-rand/generator/mersenne';
import { ForecastingParameters } from '../../src/contracts/forecasting-parameters.js';
import { ModelManifest } from '../../src/contracts/model-manifest.js';
import type { ForecastMetrics } from '../../src/contracts/metrics.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { ModelVersion } from '../../src/generated/prisma/client.js';
import { rowsNeeded } from '../../src/ml/export/preprocess-nodes.js';
import { writeFrameParquet } from '../../src/ml/frame-parquet.js';
import { recurrentModel } from '../../src/ml/export/recurrent-model.js';
import type { Frame } from '../../src/ml/frame.js';
import { fitPreprocess } from '../../src/ml/preprocess.js';
import { initialParameters } from '../../src/ml/recurrent/initial-parameters.js';
import { parameterSlots, type RecurrentShape } from '../../src/ml/recurrent/shape.js';
import type { Database } from '../../src/platform/database/database.js';
import { putByDigest } from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { frameOf } from './frame.js';
import { promoteModel } from './promotion.js';
import { newRun } from './run.js';
import { runOnnx } from './run-onnx.js';
import { preprocessResult } from './step-results.js';

interface ServedModelSettings {
  identifier?: string;
  config_hash?: string;
  /** Of the random weights. */
  seed?: number;
  /** No random weights: whatever it is asked, it forecasts this value for every target. */
  always?: number;
  targets?: string[];
  window?: number;
  horizon?: number;
  hidden?: number;
  parameters?: Partial<ForecastingParameters>;
  /** Rows that it can be judged on: they are stored as those of its run. */
  heldOut?: Frame;
  metrics?: Partial<ForecastMetrics>;
}

export interface ServedModel {
  /** As it stands in the registry. */
  version: ModelVersion;
  manifest: ModelManifest;
  bytes: Uint8Array;
  /** What the model itself forecasts after these rows, `[horizon][targets]`, without any server. */
  forecast: (time: readonly number[], rows: readonly (readonly number[])[]) => Promise<number[][]>;
}

export const hour = 3_600_000;
/** The raw columns of every model from here, in its order. */
export const columnNames = ['down', 'up', 'users'];

/** An hourly series of three columns that move differently, one cell of it empty. */
export function series(rows = 60): Frame {
  const wave = (period: number, size: number) =>
    Array.from({ length: rows }, (_, row) => size * (2 + Math.sin((2 * Math.PI * row) / period)));
  const users = wave(24, 40);
  users[3] = Number.NaN;
  return frameOf({ down: wave(12, 10), up: wave(7, 3), users }, { stepMs: hour });
}

/**
 * Registers a small real model as a training step does, without the training: weights are random, everything else is
 * what the project's own functions make of it.
 */
export async function storedModel(
  db: Database,
  store: ObjectStore,
  {
    identifier = 'run-001',
    config_hash = 'c0ffee'.padEnd(64, '0'),
    seed = 1,
    always,
    targets = ['down'],
    window = 4,
    horizon = 1,
    hidden = 4,
    parameters = {},
    heldOut,
    metrics: given = {},
  }: ServedModelSettings = {},
): Promise<ServedModel> {
  const frame = series();
  const fitted = fitPreprocess(
    frame,
    ForecastingParameters.parse({
      dataset_name: 'series',
      targets,
      ...(always !== undefined && { scaler: '' }),
      ...parameters,
    }),
  );
  const shape: RecurrentShape = {
    cell: 'GRU',
    inputSize: fitted.features.length,
    hiddenSize: hidden,
    numLayers: 1,
    window,
    outputSize: horizon * targets.length,
  };
  const weights = always === undefined ? initialParameters(shape, mersenne(seed)) : constant(shape, always);
  const bytes = recurrentModel(shape, weights, fitted, targets);
  const rows = rowsNeeded(fitted, window);
  const forecast = (time: readonly number[], cells: readonly (readonly number[])[]) =>
    forecastOf(bytes, targets.length, time, cells);

  const run = await newRun(db, {
    identifier,
    config_hash,
    parameters: ForecastingParameters.parse({
      dataset_name: 'series',
      train_file: 'series.csv',
      identifier,
      input_seq_len: window,
      output_seq_len: horizon,
    }),
  });
  const preprocess = preprocessResult({
    fitted,
    targets,
    step_ms: hour,
    ...(heldOut && {
      test_rows: await putByDigest(store, buckets.artifacts, writeFrameParquet(heldOut), 'text/plain'),
    }),
  });
  const preprocessing = await run.claim('preprocess');
  await preprocessing.finish({
    outcome: 'SUCCEEDED',
    trackedRun: null,
    completion: {
      type: 'preprocess',
      input: await preprocessing.plan.input(preprocessing.context),
      result: preprocess,
    },
  });
  const attempt = await run.claim('train_gru');
  const time = Array.from(frame.time.subarray(0, rows));
  const cells = time.map((_, row) => frame.columns.map(({ values }) => values[row]!));
  const file = await putByDigest(store, buckets.artifacts, bytes, 'application/octet-stream');
  const metrics = {
    rmse: 0.1,
    mae: 0.05,
    mse: 0.01,
    rmse_raw: 1,
    mae_raw: 0.5,
    mse_raw: 1,
    windows: 10,
    ...given,
  };
  const manifest = ModelManifest.parse({
    model_type: 'GRU',
    columns: columnNames,
    targets,
    units: 'as in the training file',
    window,
    rows,
    horizon,
    step_ms: hour,
    preprocess: fitted,
    feedback: 'targets are fed back, other columns keep their last value, time follows the clock',
    identifier,
    config_hash,
    tracked_run_id: attempt.trackedRun?.run_id,
    trained: preprocess.trained,
    sha256: file.sha256,
    size: file.size,
    metrics,
    build: 'test',
    example: {
      time,
      columns: cells.map((row) => row.map((cell) => (Number.isNaN(cell) ? null : cell))),
      forecast: await forecast(time, cells),
    },
  } satisfies Record<keyof ModelManifest, unknown>);
  const text = Buffer.from(JSON.stringify(manifest));
  const manifestFile = await putByDigest(store, buckets.artifacts, text, 'application/json');
  await attempt.finish({
    outcome: 'SUCCEEDED',
    trackedRun: attempt.trackedRun,
    completion: {
      type: 'train_recurrent',
      input: await attempt.plan.input(attempt.context),
      result: {
        model: file,
        manifest: manifestFile,
        files: [{ path: 'GRU/model.onnx', file }],
        metrics,
        seconds: 1,
      },
    },
  });
  const version = await db.modelVersion.findFirstOrThrow({ where: { run: { pipeline_run_id: run.id } } });
  return { version, manifest, bytes, forecast };
}

/** The same, promoted. */
export async function servedModel(
  db: Database,
  store: ObjectStore,
  settings: ServedModelSettings = {},
): Promise<ServedModel> {
  const model = await storedModel(db, store, settings);
  await promoteModel(db, model.version);
  return model;
}

/** Zero but for the last bias, so that nothing that comes in matters. */
function constant(shape: RecurrentShape, value: number): Float32Array {
  const slots = parameterSlots(shape);
  const bias = slots.at(-1)!;
  return new Float32Array(bias.offset + bias.size).fill(value, bias.offset);
}

async function forecastOf(
  bytes: Uint8Array,
  targets: number,
  time: readonly number[],
  rows: readonly (readonly number[])[],
): Promise<number[][]> {
  const { forecast = [] } = await runOnnx(bytes, {
    time: { values: BigInt64Array.from(time, BigInt), dims: [1, time.length] },
    columns: { values: Float64Array.from(rows.flat()), dims: [1, rows.length, rows[0]?.length ?? 0] },
  });
  return Array.from({ length: forecast.length / targets }, (_, step) =>
    forecast.slice(step * targets, (step + 1) * targets),
  );
}
