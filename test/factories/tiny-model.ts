import { ModelManifest } from '../../src/contracts/model-manifest.js';
import type { ArtifactRef } from '../../src/contracts/artifact-ref.js';
import { buckets } from '../../src/contracts/object-keys.js';
import { signature } from '../../src/ml/export/signature.js';
import { Graph } from '../../src/ml/onnx/graph.js';
import { putByDigest } from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { runOnnx } from './run-onnx.js';
import { preprocessResult } from './step-results.js';

export interface TinyModel {
  columns: string[];
  /** It looks at the first of them only. */
  targets: string[];
  rows: number;
  horizon: number;
  /** What it adds to the last value of its target at every step. */
  offset: number;
  /** First and last row that it says it was trained on. */
  trained: { from: string; to: string };
  stepMs: number;
}

const defaults: TinyModel = {
  columns: ['down', 'up'],
  targets: ['down'],
  rows: 2,
  horizon: 1,
  offset: 0,
  trained: { from: '2000-01-01T00:00:00.000Z', to: '2000-12-31T00:00:00.000Z' },
  stepMs: 60_000,
};

/** A real ONNX forecaster: the last value of its target and an offset, the same for every step and target. */
export function tinyModel(overrides: Partial<TinyModel> = {}): Uint8Array {
  const { columns, targets, rows, horizon, offset } = { ...defaults, ...overrides };
  const graph = new Graph('tiny');
  graph.input(signature.time, 'int64', ['batch', rows]);
  const cells = graph.input(signature.columns, 'double', ['batch', rows, columns.length]);
  const place = columns.indexOf(targets[0]!);
  const bounds = [
    [rows - 1, place],
    [rows, place + 1],
    [1, 2],
  ].map((values) => graph.ints(values));
  const last = graph.op('Slice', [cells, ...bounds]);
  const step = graph.op('Add', [last, graph.scalar(offset, 'double')]);
  const forecast = graph.op('Tile', [step, graph.ints([1, horizon, targets.length])]);
  graph.output(signature.forecast, forecast, 'double', ['batch', horizon, targets.length]);
  return graph.toModel();
}

/** Stores a tiny model with its manifest. The example in it is the model's own, or that of another one. */
export async function storeTinyModel(
  store: ObjectStore,
  overrides: Partial<TinyModel> & { bytes?: Uint8Array } = {},
): Promise<{ model: ArtifactRef; manifest: ArtifactRef }> {
  const { columns, targets, rows, horizon, trained, stepMs } = { ...defaults, ...overrides };
  const model = await putByDigest(
    store,
    buckets.artifacts,
    overrides.bytes ?? tinyModel(overrides),
    'application/octet-stream',
  );
  const time = Array.from({ length: rows }, (_, row) => row * 60_000);
  const cells = time.map((_, row) => columns.map((_, column) => row + 10 * column));
  const { forecast = [] } = await runOnnx(tinyModel(overrides), {
    time: { values: BigInt64Array.from(time, BigInt), dims: [1, rows] },
    columns: { values: Float64Array.from(cells.flat()), dims: [1, rows, columns.length] },
  });
  const example = {
    time,
    columns: cells,
    forecast: Array.from({ length: horizon }, (_, step) =>
      forecast.slice(step * targets.length, (step + 1) * targets.length),
    ),
  };
  const manifest = ModelManifest.parse({
    model_type: 'GRU',
    columns,
    targets,
    units: 'as in the training file',
    window: rows,
    rows,
    horizon,
    step_ms: stepMs,
    preprocess: preprocessResult().fitted,
    feedback: 'targets are fed back, other columns keep their last value, time follows the clock',
    identifier: 'run-001',
    config_hash: 'c0ffee',
    tracked_run_id: 'tracked',
    trained: { ...trained, rows: 100 },
    sha256: model.sha256,
    size: model.size,
    metrics: { rmse: 0.1, mae: 0.1, mse: 0.1, rmse_raw: 1, mae_raw: 1, mse_raw: 1, windows: 10 },
    build: 'test',
    example,
  } satisfies ModelManifest);
  const text = Buffer.from(JSON.stringify(manifest));
  return { model, manifest: await putByDigest(store, buckets.artifacts, text, 'application/json') };
}
