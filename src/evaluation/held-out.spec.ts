import { beforeAll, describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import { preprocessResult } from '../../test/factories/step-results.js';
import { temporaryStore } from '../../test/temporary-store.js';
import { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import { buckets } from '../contracts/object-keys.js';
import type { Frame } from '../ml/frame.js';
import { writeFrameParquet } from '../ml/frame-parquet.js';
import { fitPreprocess } from '../ml/preprocess.js';
import { putByDigest } from '../platform/object-store/content-address.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { loadHeldOut, measure } from './held-out.js';

const nan = Number.NaN;

let store: ObjectStore;
beforeAll(async () => {
  store = await temporaryStore();
});

/** Held-out rows of a run whose train rows reach from 0 to 4. */
async function held(test: Frame, given: Partial<ForecastingParameters> = {}) {
  const parameters = ForecastingParameters.parse({ dataset_name: 'x', input_seq_len: 2, ...given });
  const fitted = fitPreprocess(frameOf({ down: [0, 1, 2, 3, 4] }), parameters);
  const test_rows = await putByDigest(store, buckets.artifacts, writeFrameParquet(test), 'text/plain');
  return loadHeldOut(store, preprocessResult({ test_rows, fitted, targets: ['down'] }), parameters);
}

describe('held-out rows', () => {
  it('are measured from every origin that has its rows and its truth', async () => {
    const { origins, scales } = await held(frameOf({ down: [9, 8, 7, nan, 5, 4] }));
    expect([...origins]).toEqual([2, 4, 5]);
    expect(scales).toEqual([4]);
  });

  it('begin where a window with lags has all its rows', async () => {
    const lags = { lags_enable: true, lags_n: 1, lags_step: 2 };
    const { origins } = await held(frameOf({ down: [9, 8, 7, 6, 5, 4] }), lags);
    expect([...origins]).toEqual([4, 5]);
  });

  it('are refused when there is no truth to measure on', async () => {
    await expect(held(frameOf({ down: [9, 8, nan, nan] }))).rejects.toMatchObject({
      code: 'invalid_data',
      where: 'test rows',
    });
  });

  it("are measured in raw units and on the train scaler's scale, truth as it is", async () => {
    const rows = await held(frameOf({ down: [0, 0, 100, 200] }));
    expect(measure(rows, Float64Array.of(104, 196))).toEqual({
      rmse: 1,
      mae: 1,
      mse: 1,
      rmse_raw: 4,
      mae_raw: 4,
      mse_raw: 16,
      windows: 2,
    });
  });

  it('give a forecast that is no number no metrics', async () => {
    const rows = await held(frameOf({ down: [0, 0, 100, 200] }));
    expect(measure(rows, Float64Array.of(nan, 196))).toMatchObject({ rmse: null, mae_raw: null, windows: 2 });
  });
});
