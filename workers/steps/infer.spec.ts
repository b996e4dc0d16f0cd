import { beforeAll, describe, expect, it, vi } from 'vitest';
import { importedManifest } from '../../test/factories/small-models.js';
import { runStep, stepContext } from '../../test/factories/step-context.js';
import { identity, servedBy, trainSeries } from '../../test/factories/trained-series.js';
import { temporaryStore } from '../../test/temporary-store.js';
import type { ArtifactRef } from '../../src/contracts/artifact-ref.js';
import { InferenceBatch } from '../../src/contracts/inference-batch.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { ServedModel } from '../../src/contracts/served-model.js';
import { readFrameParquet } from '../../src/ml/frame-parquet.js';
import { getVerified, putByDigest } from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { loadModel } from '../../src/evaluation/loaded-model.js';
import { forecastOrigins } from '../../src/evaluation/forecast-origins.js';

// It hashes the compiled project, which a unit test does without.
vi.mock('../../src/platform/build-info.js', () => ({ buildName: () => 'test build' }));

let store: ObjectStore;
let done: Awaited<ReturnType<typeof trainSeries>>;

beforeAll(async () => {
  store = await temporaryStore();
  done = await trainSeries(store);
});

const table = async (file: ArtifactRef) => readFrameParquet(await getVerified(store, file));

describe('infer', () => {
  const infer = (model: ServedModel, given: { inference_length?: number; sample_idx?: number } = {}) =>
    runStep(
      'infer',
      { served: model, test_rows: done.preprocess.test_rows, inference_length: 20, sample_idx: 0, ...given },
      stepContext(store).context,
    );

  it.each([
    ['GRU', 'gru'],
    ['PROPHET', 'prophet'],
  ] as const)(
    'forecasts first what the model was measured by at its first origin (%s)',
    async (type, name) => {
      const { forecast } = await infer(servedBy(type, done[name]));
      const { model } = await loadModel(store, done[name]);
      const { session, manifest } = model!;
      const { frame } = await table(done.preprocess.test_rows);
      const [first] = await forecastOrigins(session, manifest, frame, Int32Array.of(manifest.rows));
      expect((await table(forecast)).frame.columns[0]!.values[0]).toBe(first);
      await session.release();
    },
  );

  it('writes one line that people read, about the rows whose truth is known', async () => {
    const { line, metrics, day } = await infer(servedBy('GRU', done.gru), {
      inference_length: 30,
      sample_idx: 75,
    });
    const text = (await getVerified(store, line)).toString();
    expect(text.endsWith('\n')).toBe(true);
    const batch = InferenceBatch.parse(JSON.parse(text));
    expect(batch).toMatchObject({
      ...identity,
      timestamp: '2024-06-01T12:00:00.000Z',
      run_id: 'tracked',
      model_type: 'GRU',
      status: 'SUCCESS',
      metrics,
    });
    // Rows 85 to 99 are known, 15 more are forecast behind them.
    expect(metrics).toMatchObject({ overlap_rows: 15, rows_predicted: 30 });
    expect(metrics.mae_mean).toBe(metrics.mae.down);
    expect(batch.samples.map(({ step, actual }) => [step, actual !== null])).toEqual([
      [0, true],
      [3, true],
      [15, false],
      [27, false],
      [29, false],
    ]);
    expect(day).toBe('20240601');
  });

  it('makes the same forecast again, by its hash', async () => {
    const [first, second] = [await infer(servedBy('GRU', done.gru)), await infer(servedBy('GRU', done.gru))];
    expect(second.metrics.prediction_hash).toBe(first.metrics.prediction_hash);
    const other = await infer(servedBy('GRU', done.gru), { sample_idx: 1 });
    expect(other.metrics.prediction_hash).not.toBe(first.metrics.prediction_hash);
  });

  it('refuses an imported model, for good', async () => {
    const manifest = Buffer.from(JSON.stringify(importedManifest()));
    const stored = await putByDigest(store, buckets.artifacts, manifest, 'application/json');
    await expect(
      infer({ ...servedBy('GRU', done.gru), model_type: 'ONNX', manifest: stored }),
    ).rejects.toMatchObject({
      code: 'invalid_data',
      permanent: true,
      message: 'the promoted model cannot serve: it was imported: it takes records and forecasts no series',
    });
  });

  it('refuses a model that does not run its example', async () => {
    await expect(infer({ ...servedBy('GRU', done.gru), model: done.prophet.model })).rejects.toMatchObject({
      code: 'invalid_data',
      message: expect.stringContaining('the promoted model cannot serve'),
    });
  });
});
