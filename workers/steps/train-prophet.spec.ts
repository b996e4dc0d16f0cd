import { beforeAll, describe, expect, it, vi } from 'vitest';
import { runStep, stepContext } from '../../test/factories/step-context.js';
import { temporaryStore } from '../../test/temporary-store.js';
import { ForecastingParameters } from '../../src/contracts/forecasting-parameters.js';
import { ModelManifest } from '../../src/contracts/model-manifest.js';
import { buckets } from '../../src/contracts/object-keys.js';
import { getVerified } from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';

// It hashes the compiled project, which a unit test does without.
vi.mock('../../src/platform/build-info.js', () => ({ buildName: () => 'test build' }));

let store: ObjectStore;
beforeAll(async () => {
  store = await temporaryStore();
});

type Cell = (row: number) => number | '';
const wave = (row: number) => 50 + 10 * Math.sin((2 * Math.PI * row) / 24) + Math.sin(row * row);

/** Hourly rows of two columns. */
function csv(first: number, last: number, down: Cell, up: Cell = wave): string {
  const time = (row: number) => new Date(Date.UTC(2024, 0, 1) + row * 3_600_000).toISOString();
  const rows = Array.from({ length: last - first }, (_, i) => first + i);
  return ['time,down,up', ...rows.map((row) => `${time(row)},${down(row)},${up(row)}`)].join('\n');
}

/** Trained on one file and measured on 100 rows of clean waves after row 480. */
async function trainOn(file: string, given: Record<string, unknown> = {}) {
  await store.put(buckets.dataset, 'train.csv', Buffer.from(file));
  await store.put(buckets.dataset, 'test.csv', Buffer.from(csv(480, 580, wave)));
  const parameters = ForecastingParameters.parse({
    dataset_name: 'x',
    targets: 'down',
    input_seq_len: 4,
    ...given,
  });
  const identity = { identifier: 'run-001', config_hash: 'c0ffee', parameters };
  const told = stepContext(store);
  const input = { ...identity, train_file: 'train.csv', test_file: 'test.csv' };
  const preprocess = await runStep('preprocess', input, told.context);
  const result = await runStep(
    'train_prophet',
    { ...identity, preprocess, model_type: 'PROPHET' },
    told.context,
  );
  return { ...result, told };
}

describe('training PROPHET', () => {
  it('learns from clipped values where the run clips, and is measured on true ones', async () => {
    const spikes = csv(0, 480, (row) => (row % 9 === 0 ? 500 : wave(row)));
    const plain = await trainOn(spikes);
    const clipped = await trainOn(spikes, { clip_enable: true });
    expect(plain.metrics.mae_raw).toBeGreaterThan(30);
    expect(clipped.metrics.mae_raw).toBeLessThan(15);
  });

  it('learns from the rows that have a value as if there were no others', async () => {
    const half = await trainOn(csv(0, 480, (row) => (row < 240 ? '' : wave(row))));
    const rest = await trainOn(csv(240, 480, wave));
    expect(half.model.sha256).toBe(rest.model.sha256);
  });

  it('fits a model of its own to each target and forecasts all steps of the horizon', async () => {
    const file = csv(0, 480, wave, (row) => 1000 + row);
    const { manifest, metrics, told } = await trainOn(file, { targets: ['up', 'down'], output_seq_len: 3 });
    const { example } = ModelManifest.parse(JSON.parse((await getVerified(store, manifest)).toString()));
    // The example's rows end with row 483; the line of `up` goes on and its wave in the test file does not matter.
    expect(example.forecast).toHaveLength(3);
    example.forecast.forEach(([up, down], step) => {
      expect(Math.abs(up! - (1484 + step))).toBeLessThan(5);
      expect(Math.abs(down! - wave(484 + step))).toBeLessThan(3);
    });
    expect(metrics.windows).toBe(94);
    expect(told.metrics.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['interval_80_coverage_up', 'interval_80_coverage_down', 'rmse']),
    );
  });
});
