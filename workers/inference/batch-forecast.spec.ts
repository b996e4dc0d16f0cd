import { beforeAll, describe, expect, it } from 'vitest';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import { storeTinyModel } from '../../test/factories/tiny-model.js';
import { temporaryStore } from '../../test/temporary-store.js';
import { type LoadedModel, loadModel } from '../../src/evaluation/loaded-model.js';
import { forecastOrigins } from '../../src/evaluation/forecast-origins.js';
import { batchForecast } from './batch-forecast.js';

const frame = frameOf({ up: [0, 0, 0, 0], down: [10, 20, 30, 40] });
let model: LoadedModel;

beforeAll(async () => {
  const store = await temporaryStore();
  model = (await loadModel(store, await storeTinyModel(store, { offset: 1 }))).model!;
  return () => model.session.release();
});

describe('batchForecast', () => {
  it('begins behind the window at sample_idx and goes on by itself', async () => {
    const forecast = await batchForecast(model, frame, 1, 4, () => {});
    expect(columnOf(forecast, 'down')).toEqual([31, 41, 42, 43]);
    expect(forecast.time[0]).toBe(frame.time[3]);
  });

  it('forecasts first what scoring forecasts at the same origin', async () => {
    const forecast = await batchForecast(model, frame, 0, 1, () => {});
    const scored = await forecastOrigins(model.session, model.manifest, frame, Int32Array.of(2));
    expect(columnOf(forecast, 'down')).toEqual([...scored]);
  });

  it('takes the last window, behind which nothing is known', async () => {
    expect(columnOf(await batchForecast(model, frame, 2, 2, () => {}), 'down')).toEqual([41, 42]);
  });

  it('says how large sample_idx may be', async () => {
    await expect(batchForecast(model, frame, 3, 1, () => {})).rejects.toMatchObject({
      code: 'invalid_data',
      message: 'sample_idx 3 leaves no window of 2 rows in 4 test rows; the largest is 2',
    });
  });
});
