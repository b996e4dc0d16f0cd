import { expect, it, vi } from 'vitest';
import { stepContext } from '../../test/factories/step-context.js';
import { identity, parameters, trainSeries } from '../../test/factories/trained-series.js';
import { temporaryStore } from '../../test/temporary-store.js';
import type { ForecastingParameters } from '../../src/contracts/forecasting-parameters.js';
import { parametersRead } from '../../src/contracts/parameters-read.js';
import { preprocess } from './preprocess.js';
import { trainProphet } from './train-prophet.js';
import { trainRecurrent } from './train-recurrent.js';

// It hashes the compiled project, which a unit test does without.
vi.mock('../../src/platform/build-info.js', () => ({ buildName: () => 'test build' }));

const store = await temporaryStore();
const { context } = stepContext(store);
const trained = await trainSeries(store);

/** Everything switched on, so that every parameter has a reason to be read. */
const all: ForecastingParameters = {
  ...parameters,
  clip_enable: true,
  lags_enable: true,
  lags_n: 1,
  nans_drop_rows: true,
  early_stopping: true,
  sample_train_rows: 300,
  sample_strategy: 'random',
};

/** The same values, and the names of those that somebody looked at. */
function watched() {
  const read = new Set<string>();
  const proxy = new Proxy(all, {
    get(target, name) {
      read.add(String(name));
      return Reflect.get(target, name);
    },
  });
  return { read, parameters: proxy };
}

/** Settled before the run is written: they stand in its key as digests. */
const files = ['train_file', 'test_file'];

it.each([
  [
    'preprocess' as const,
    (p: ForecastingParameters) =>
      preprocess({ ...identity, parameters: p, train_file: 'series.csv', test_file: null }, context),
  ],
  [
    'train_recurrent' as const,
    (p: ForecastingParameters) =>
      trainRecurrent(
        { ...identity, parameters: p, preprocess: trained.preprocess, model_type: 'GRU' },
        context,
      ),
  ],
  [
    'train_prophet' as const,
    (p: ForecastingParameters) =>
      trainProphet(
        { ...identity, parameters: p, preprocess: trained.preprocess, model_type: 'PROPHET' },
        context,
      ),
  ],
])('%s reads no parameter that its cache key leaves out', async (type, run) => {
  const { read, parameters: proxy } = watched();
  await run(proxy);
  const known = new Set<string>([...parametersRead[type], ...files]);
  expect([...read].filter((name) => !known.has(name))).toEqual([]);
  // It did look: a copy made before would hide what is read.
  expect(read.size).toBeGreaterThan(5);
});
