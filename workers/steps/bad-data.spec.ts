import { beforeAll, describe, expect, it, vi } from 'vitest';
import { runStep, stepContext } from '../../test/factories/step-context.js';
import { temporaryStore } from '../../test/temporary-store.js';
import { ForecastingParameters } from '../../src/contracts/forecasting-parameters.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';

vi.mock('../../src/platform/build-info.js', () => ({ buildName: () => 'test build' }));

let store: ObjectStore;
beforeAll(async () => {
  store = await temporaryStore();
});

/** A CSV of hourly rows, their cells made one by one. */
function csv(rows: number, cells: (row: number) => string, header = 'time,down,up'): string {
  const time = (row: number) => new Date(Date.UTC(2024, 0, 1) + row * 3_600_000).toISOString();
  return [header, ...Array.from({ length: rows }, (_, row) => `${time(row)},${cells(row)}`)].join('\n');
}

const identity = { identifier: 'run-001', config_hash: 'c0ffee' };
const small = { dataset_name: 'bad', hidden_size: 2, num_layers: 1, epochs: 1, input_seq_len: 3 };

async function preprocess(file: string, given: Record<string, unknown> = {}) {
  await store.put(buckets.dataset, 'bad.csv', Buffer.from(file));
  const parameters = ForecastingParameters.parse({ ...small, ...given });
  const input = { ...identity, parameters, train_file: 'bad.csv', test_file: null };
  const result = await runStep('preprocess', input, stepContext(store).context);
  return { parameters, preprocess: result };
}

const wave = (row: number) => Math.sin(row).toFixed(3);

describe('a data set that nothing can be learned from is refused where it is wrong', () => {
  it.each([
    ['is constant', csv(100, () => '5,5'), 'column "down"', /is 5 in every train row/],
    [
      'is constant in its first rows',
      csv(100, (row) => `${row < 80 ? 5 : row},${wave(row)}`),
      'column "down"',
      /is 5 in every train row/,
    ],
    ['is empty throughout', csv(100, () => ',NaN'), 'bad.csv', /every data cell is empty/],
    [
      'has a column of text',
      csv(100, (row) => `${wave(row)},${row === 41 ? 'many' : row}`),
      'bad.csv, column "up", row 42',
      /"many" is not a number/,
    ],
    [
      'has no time column',
      csv(100, (row) => `${wave(row)},${row}`, 'when,down,up'),
      'bad.csv',
      /no time column .* its columns are "when", "down", "up"/,
    ],
    ['has no rows', 'time,down,up\n', 'bad.csv', /no rows/],
    ['is empty', '', 'bad.csv', /is empty/],
  ])('when it %s', async (_, file, where, message) => {
    await expect(preprocess(file)).rejects.toMatchObject({
      code: 'invalid_data',
      permanent: true,
      where,
      message: expect.stringMatching(message),
    });
  });

  it('when it has nine rows and a window needs eleven', async () => {
    const file = csv(9, (row) => `${wave(row)},${row}`);
    await expect(preprocess(file, { input_seq_len: 10 })).rejects.toMatchObject({
      code: 'invalid_data',
      where: 'train rows',
      message: expect.stringContaining('7 train rows are too few: one window needs 11'),
    });
  });

  it('when no train window has all its target values', async () => {
    const file = csv(100, (row) => `${row < 80 && row % 2 === 1 ? '' : wave(row)},${wave(row * row)}`);
    const done = await preprocess(file, { targets: 'down', output_seq_len: 2 });
    await expect(
      runStep('train_recurrent', { ...identity, ...done, model_type: 'GRU' }, stepContext(store).context),
    ).rejects.toMatchObject({ code: 'invalid_data', where: 'train rows' });
  });

  it.each(['train_recurrent', 'train_prophet'] as const)(
    'when no held-out window has all its target values (%s)',
    async (type) => {
      const file = csv(100, (row) => `${row < 80 ? wave(row) : ''},${wave(row * row)}`);
      const done = await preprocess(file, { targets: 'down' });
      const { context } = stepContext(store);
      const input = { ...identity, ...done };
      const training =
        type === 'train_prophet'
          ? runStep(type, { ...input, model_type: 'PROPHET' }, context)
          : runStep(type, { ...input, model_type: 'GRU' }, context);
      await expect(training).rejects.toMatchObject({ code: 'invalid_data', where: 'test rows' });
    },
  );
});

describe('a data set with gaps', () => {
  it('is trained on all the same, from windows of one row on', async () => {
    const file = csv(
      120,
      (row) => `${row % 7 === 0 ? '' : wave(row)},${row % 5 === 0 ? '' : wave(row * row)}`,
    );
    const done = await preprocess(file, { targets: ['up', 'down'], input_seq_len: 1 });
    const { context } = stepContext(store);
    const { metrics } = await runStep(
      'train_recurrent',
      { ...identity, ...done, model_type: 'GRU' },
      context,
    );
    expect(metrics.rmse).toBeGreaterThan(0);
    expect(metrics.windows).toBeGreaterThan(10);
  });
});

describe('a loss that is not finite', () => {
  it('fails the step for good', async () => {
    const file = csv(100, (row) => `${wave(row)}e30,${wave(row)}`);
    const done = await preprocess(file, { targets: 'down', scaler: '' });
    await expect(
      runStep('train_recurrent', { ...identity, ...done, model_type: 'LSTM' }, stepContext(store).context),
    ).rejects.toMatchObject({ code: 'not_finite', permanent: true });
  });
});
