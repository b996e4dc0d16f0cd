import { beforeAll, describe, expect, it, vi } from 'vitest';
import { runStep, stepContext } from '../../test/factories/step-context.js';
import { identity, parameters, seriesCsv, trainSeries } from '../../test/factories/trained-series.js';
import { temporaryStore } from '../../test/temporary-store.js';
import type { ArtifactRef } from '../../src/contracts/artifact-ref.js';
import { ModelManifest, type ModelType } from '../../src/contracts/model-manifest.js';
import type { TrainResult } from '../../src/contracts/steps/train.js';
import { readFrameParquet } from '../../src/ml/frame-parquet.js';
import { getVerified } from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { loadModel } from '../../src/evaluation/loaded-model.js';

// It hashes the compiled project, which a unit test does without.
vi.mock('../../src/platform/build-info.js', () => ({ buildName: () => 'test build' }));

let store: ObjectStore;
let done: Awaited<ReturnType<typeof trainSeries>>;

beforeAll(async () => {
  store = await temporaryStore();
  done = await trainSeries(store);
});

const json = async (file: ArtifactRef): Promise<unknown> =>
  JSON.parse((await getVerified(store, file)).toString());
const table = async (file: ArtifactRef) => readFrameParquet(await getVerified(store, file));
const train = (model_type: 'GRU' | 'LSTM', told = stepContext(store)) =>
  runStep(
    'train_recurrent',
    { ...identity, parameters, preprocess: done.preprocess, model_type },
    told.context,
  );

describe('preprocess', () => {
  it('divides the rows by time and says what it was given and made', async () => {
    expect(done.preprocess).toMatchObject({
      source: { train: { key: 'series.csv', size: seriesCsv().length }, test: null },
      targets: ['down'],
      step_ms: 3_600_000,
      row_count: { train: 396, test: 96 },
      trained: { from: '2024-01-01T00:00:00.000Z', to: '2024-01-17T15:00:00.000Z', rows: 396 },
      warnings: [],
    });
  });

  it('stores raw rows with their gaps and processed rows without, under the configuration', async () => {
    const [raw, processed] = [
      await table(done.preprocess.test_rows),
      await table(done.preprocess.processed_test),
    ];
    expect(raw.frame.rows).toBe(100);
    expect(raw.frame.columns.map(({ name }) => name)).toEqual(['up', 'down']);
    expect(raw.frame.columns.some(({ values }) => values.some(Number.isNaN))).toBe(true);
    expect(processed.frame.rows).toBe(96);
    expect(processed.frame.columns.map(({ name }) => name)).toEqual(done.preprocess.fitted.features);
    expect(processed.frame.columns.some(({ values }) => values.some(Number.isNaN))).toBe(false);
    expect(processed.metadata).toMatchObject({ config_hash: identity.config_hash });
  });

  it('leaves a side file that people read', async () => {
    expect(await json(done.preprocess.meta)).toMatchObject({
      identifier: 'run-001',
      source_bucket: 'dataset',
      train_source_object: 'series.csv',
      test_source_object: null,
      config_hash: identity.config_hash,
      created_at: '2024-06-01T12:00:00.000Z',
      scaler_type: 'MinMaxScaler',
      output_object: `run-001/${identity.config_hash}/processed_data.parquet`,
      row_count: 396,
      column_names: done.preprocess.fitted.features,
    });
  });
});

describe('training', () => {
  it('stores a model that runs its example, with a manifest of how to use it', async () => {
    const manifest = ModelManifest.parse(await json(done.gru.manifest));
    expect(manifest).toMatchObject({
      ...identity,
      model_type: 'GRU',
      columns: ['up', 'down'],
      targets: ['down'],
      window: 6,
      rows: 10,
      horizon: 1,
      step_ms: 3_600_000,
      preprocess: done.preprocess.fitted,
      tracked_run_id: 'tracked',
      trained: done.preprocess.trained,
      sha256: done.gru.model.sha256,
      metrics: done.gru.metrics,
      build: 'test build',
    });
    const { gate, model } = await loadModel(store, done.gru);
    expect(gate.verdict).toBe('passed');
    await model?.session.release();
  });

  it('leaves in the folder of the tracked run what an MLflow client looks for', async () => {
    const paths = (result: TrainResult) => result.files.map(({ path }) => path).sort();
    const usual = (type: ModelType) =>
      ['MLmodel', 'manifest.json', 'model.onnx'].map((name) => `${type}/${name}`);
    expect(paths(done.gru)).toEqual([...usual('GRU'), 'GRU/loss_curve.json'].sort());
    expect(paths(done.prophet)).toEqual([...usual('PROPHET'), 'PROPHET/forecast.parquet'].sort());
    const fileOf = (path: string) => done.gru.files.find((file) => file.path === path)!.file;
    expect(await json(fileOf('GRU/MLmodel'))).toMatchObject({
      artifact_path: 'GRU',
      run_id: 'tracked',
      flavors: { onnx: { data: 'model.onnx' } },
    });
    expect(await json(fileOf('GRU/loss_curve.json'))).toMatchObject([
      { epoch: 1, train_loss: expect.any(Number) as number, validation_loss: null },
      { epoch: 2 },
      { epoch: 3 },
    ]);
  });

  it('ends at the end when it stops early, and says so', async () => {
    const told = stepContext(store);
    const stopping = { ...parameters, epochs: 30, patience: 1, learning_rate: 0.5 };
    await runStep(
      'train_recurrent',
      { ...identity, parameters: stopping, preprocess: done.preprocess, model_type: 'GRU' },
      told.context,
    );
    const { fraction, message, epoch } = told.progress.at(-1)!;
    expect(epoch).toBeLessThan(30);
    expect({ fraction, message }).toEqual({ fraction: 1, message: `stopped early after epoch ${epoch}/30` });
    expect(told.log).toContain(
      `info stopped early after epoch ${epoch}/30: the validation loss has not fallen for 1 epochs`,
    );
  });

  it('asks for the same rows whoever is asked', async () => {
    const rowsOf = async (result: TrainResult) => ModelManifest.parse(await json(result.manifest)).rows;
    expect(await rowsOf(done.prophet)).toBe(await rowsOf(done.gru));
  });

  it('makes the same model of the same input, byte for byte', async () => {
    expect((await train('GRU')).model).toEqual(done.gru.model);
    expect((await train('LSTM')).model).not.toEqual(done.gru.model);
  });

  it('tells how far it is, and the losses and held-out metrics of its tracked run', async () => {
    const told = stepContext(store);
    const { metrics } = await train('LSTM', told);
    const fractions = told.progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(told.progress.at(-1)).toMatchObject({ fraction: 1, epoch: 3, epochs: 3 });
    const losses = told.metrics.filter(({ key }) => key === 'train_loss');
    expect(losses.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(told.log).toEqual([
      expect.stringMatching(
        /^info LSTM of \d+ layers of \d+: \d+ rows of \d+ features to \d+ values, \d+ parameters$/,
      ),
      expect.stringMatching(/^info \d+ windows, \d+ held-out forecasts$/),
      ...losses.map(({ value }, at) => `info epoch ${at + 1}/3: train loss ${value.toPrecision(4)}`),
      expect.stringMatching(
        /^info LSTM trained in [\d.]+ s: held-out rmse [\d.]+, mae [\d.]+; \d+ bytes as [\da-f]{64}$/,
      ),
    ]);
    expect(losses[2]!.value).toBeLessThan(losses[0]!.value);
    expect(told.metrics).toContainEqual({ key: 'rmse', value: metrics.rmse, step: 0 });
    // 100 rows, 10 of them history, one without its true target.
    expect(metrics.windows).toBe(89);
  });

  it('needs a tracked run', async () => {
    await expect(train('GRU', stepContext(store, { trackedRunId: null }))).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('forecasts the held-out rows with an interval, for PROPHET', async () => {
    const { file } = done.prophet.files.find(({ path }) => path.endsWith('forecast.parquet'))!;
    const { frame } = await table(file);
    expect(frame.rows).toBe(100);
    expect(frame.columns.map(({ name }) => name)).toEqual(['down', 'down_lower', 'down_upper']);
    const [point, lower, upper] = frame.columns;
    point!.values.forEach((value, row) => {
      expect(lower!.values[row]).toBeLessThan(value);
      expect(upper!.values[row]).toBeGreaterThan(value);
    });
  });
});
