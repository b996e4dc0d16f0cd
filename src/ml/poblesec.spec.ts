import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import { forecastNaive } from './baselines/naive.js';
import { fitRidge, forecastRidge } from './baselines/ridge.js';
import type { Column, Frame } from './frame.js';
import { createMetricSums } from './metrics.js';
import { parseCsv } from './parse-csv.js';
import { preprocessDataset } from './preprocess-dataset.js';
import { targetScaling } from './scale-target.js';
import { windowOrigins, windowTruth } from './window-origins.js';

const data = '../shared/data';
const golden = '../shared/golden/forecasting_preprocess.json';
const missing = [data, golden].filter((path) => !existsSync(path));

const numbers = z.array(z.number());
const shape = z.tuple([z.number(), z.number()]);
const Table = z.object({
  columns: z.array(z.string()),
  train_shape: shape,
  test_shape: shape,
  train_first: numbers,
  train_last: numbers,
  test_first: numbers,
  test_last: numbers,
  train_mean: numbers,
  test_mean: numbers,
});
const bounds = z.record(z.string(), z.number());
const Golden = z.object({
  'n=50:correct_train_scaler': Table,
  'n=all:correct_train_scaler': Table,
  raw_mean_mcs_up: z.number(),
  raw_mean_mcs_up_var: z.number(),
  'clip_iqr_1.5_max': bounds,
  'clip_iqr_1.5_min': bounds,
});

const load = () => ({
  train: parseCsv(readFileSync(`${data}/PobleSec.csv`), { file: 'PobleSec.csv' }),
  test: parseCsv(readFileSync(`${data}/PobleSec_test.csv`), { file: 'PobleSec_test.csv' }),
});
const parameters = (given: Record<string, unknown> = {}) =>
  ForecastingParameters.parse({ dataset_name: 'PobleSec', ...given });

const rowOf = (frame: Frame, row: number) => frame.columns.map(({ values }) => values.at(row) ?? Number.NaN);
const meanOf = ({ values }: Column) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Relative to 1e-9; where the true value is 0, a rounding of it (sin 2·pi·k and the like) is let pass. */
function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((actual[i] ?? Number.NaN) - value), `value ${i}`).toBeLessThanOrEqual(
      1e-9 * Math.abs(value) + 1e-13,
    );
  }
}

describe.skipIf(missing.length > 0)(`PobleSec (skipped when ${data} or ${golden} is not there)`, () => {
  it.each([
    ['50 rows', { sample_train_rows: 50, sample_test_rows: 50 }, 'n=50:correct_train_scaler'],
    ['all rows', {}, 'n=all:correct_train_scaler'],
  ] as const)('meets the golden values for %s', (_what, given, key) => {
    const { train: trainFile, test: testFile } = load();
    const expected = Golden.parse(JSON.parse(readFileSync(golden, 'utf8')))[key];
    const { train, test, fitted } = preprocessDataset(trainFile, testFile, parameters(given));
    expect(fitted.features).toEqual(expected.columns);
    expect(train.columns.map(({ name }) => name)).toEqual(expected.columns);
    expect([train.rows, train.columns.length]).toEqual(expected.train_shape);
    expect([test.rows, test.columns.length]).toEqual(expected.test_shape);
    expectClose(rowOf(train, 0), expected.train_first);
    expectClose(rowOf(train, -1), expected.train_last);
    expectClose(rowOf(test, 0), expected.test_first);
    expectClose(rowOf(test, -1), expected.test_last);
    expectClose(train.columns.map(meanOf), expected.train_mean);
    expectClose(test.columns.map(meanOf), expected.test_mean);
  });

  it('meets the golden fill values and clip bounds', () => {
    const { train, test } = load();
    const expected = Golden.parse(JSON.parse(readFileSync(golden, 'utf8')));
    const { fitted } = preprocessDataset(train, test, parameters({ clip_enable: true }));
    const fill = (name: string) => fitted.columns.find((column) => column.name === name)?.fill ?? Number.NaN;
    expectClose(
      [fill('mcs_up'), fill('mcs_up_var')],
      [expected.raw_mean_mcs_up, expected.raw_mean_mcs_up_var],
    );
    const names = fitted.columns.map(({ name }) => name);
    expect(Object.keys(expected['clip_iqr_1.5_max'])).toEqual(names);
    // The golden bounds are the extremes that are left after clipping: a bound that nothing reaches does not show.
    for (const { name, values } of train.columns) {
      const { clip, fill: gap } = fitted.columns.find((column) => column.name === name) ?? {};
      const clipped = values.map((value) =>
        Math.min(
          Math.max(Number.isNaN(value) ? (gap ?? 0) : value, clip?.lower ?? -Infinity),
          clip?.upper ?? Infinity,
        ),
      );
      expectClose(
        [clipped.reduce((a, b) => Math.max(a, b))],
        [expected['clip_iqr_1.5_max'][name] ?? Number.NaN],
      );
      expectClose(
        [clipped.reduce((a, b) => Math.min(a, b))],
        [expected['clip_iqr_1.5_min'][name] ?? Number.NaN],
      );
    }
  });

  it('has 3,972 origins for windows of 10 rows', () => {
    const origins = windowOrigins(load().test, ['down'], 10, 1);
    expect([origins.length, origins[0], origins.at(-1)]).toEqual([3972, 10, 3981]);
  });

  it('gives NAIVE and RIDGE the figures of the contract, within 1 %', () => {
    const { train, test } = load();
    const { fitted, targets, rawTrain, rawTest } = preprocessDataset(train, test, parameters());
    expect(targets).toEqual(['down']);
    const origins = windowOrigins(rawTest, targets, 10, 1);
    const measure = (predicted: Float64Array) => {
      const sums = createMetricSums(targets.map((target) => targetScaling(fitted, target).scale));
      sums.add(predicted, windowTruth(rawTest, targets, origins, 1));
      return sums.metrics();
    };
    const expectFigures = (predicted: Float64Array, rmse: number, mae: number) => {
      const metrics = measure(predicted);
      expect(Math.abs((metrics.rmse ?? Number.NaN) / rmse - 1)).toBeLessThan(0.01);
      expect(Math.abs((metrics.mae ?? Number.NaN) / mae - 1)).toBeLessThan(0.01);
    };
    const columns = fitted.columns.map(({ name }) => name);
    const model = fitRidge({ train: rawTrain, columns, targets, window: 10, horizon: 1 });
    const fills = [fitted.columns[0]?.fill ?? Number.NaN];
    expectFigures(forecastNaive({ frame: rawTest, targets, origins, horizon: 1, fills }), 0.040_25, 0.021_24);
    expectFigures(forecastRidge(model, rawTest, origins), 0.0351, 0.0191);
  });

  it('leaves text columns out of market candles by name, and says which one is in the way', () => {
    const candles = readFileSync(`${data}/BTCUSDT_1m.csv`);
    const options = { file: 'BTCUSDT_1m.csv', indexCol: 'open_time' };
    const all = ['open', 'close', 'volume', 'symbol'];
    expect(() => parseCsv(candles, { ...options, columns: all })).toThrow(
      'BTCUSDT_1m.csv: column "symbol", row 1: "BTCUSDT" is not a number; leave the column out with the parameter columns',
    );
    const frame = parseCsv(candles, { ...options, columns: ['open', 'close', 'volume'] });
    expect([frame.rows, frame.columns.length]).toEqual([4320, 3]);
    expect(frame.time[0]).toBe(Date.UTC(2025, 9, 29, 4, 22));
  });
});
