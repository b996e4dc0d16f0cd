import { describe, expect, it } from 'vitest';
import { FittedPreprocess } from '../contracts/fitted-preprocess.js';
import { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import { applyPreprocess, fitPreprocess } from './preprocess.js';
import { timeFeatureNames } from './time-features.js';

const nan = Number.NaN;
const parameters = (given: Record<string, unknown> = {}) =>
  ForecastingParameters.parse({ dataset_name: 'x', time_features_enable: false, scaler: '', ...given });

describe('fitPreprocess', () => {
  it('learns what an empty cell becomes: the mean of the train rows', () => {
    const train = frameOf({ down: [1, 2, 6], up: [1, nan, 4] });
    const fitted = fitPreprocess(train, parameters());
    expect(fitted.columns).toEqual([
      { name: 'down', fill: 3, clip: null },
      { name: 'up', fill: 2.5, clip: null },
    ]);
    expect(columnOf(applyPreprocess(fitted, train), 'up')).toEqual([1, 2.5, 4]);
    expect(columnOf(train, 'up')).toEqual([1, nan, 4]);
  });

  it('drops a column without values in the train rows, whatever the test rows hold', () => {
    const fitted = fitPreprocess(frameOf({ down: [1, 2], up: [nan, nan] }), parameters());
    expect(fitted.features).toEqual(['down']);
    const applied = applyPreprocess(fitted, frameOf({ up: [3, 4], down: [5, 6] }));
    expect(applied.columns.map(({ name }) => name)).toEqual(['down']);
  });

  it('takes fill values from the rows that are kept, and before they are clipped', () => {
    const train = frameOf({ a: [1, 2, 3, 4, 100, 1000], b: [1, 2, 3, 4, nan, 5], c: [1, 2, 3, 4, nan, 5] });
    const given = { nans_drop_rows: true, nans_threshold: 0.33, clip_enable: true, clip_factor: 1.5 };
    expect(fitPreprocess(train, parameters(given)).columns[0]).toEqual({
      name: 'a',
      fill: 202,
      clip: { lower: -1, upper: 7 },
    });
  });

  it('clips by bounds from the values in train rows, and test rows by the same bounds', () => {
    const train = frameOf({ a: [1, 2, 3, 4, 100, nan] });
    const given = { clip_enable: true, clip_method: 'percentile', clip_factor: 0.25 };
    const fitted = fitPreprocess(train, parameters(given));
    expect(fitted.columns[0]).toEqual({ name: 'a', fill: 22, clip: { lower: 2, upper: 4 } });
    // An empty cell is filled first, and its fill value then clipped.
    expect(columnOf(applyPreprocess(fitted, frameOf({ a: [-50, 3, 50, nan] })), 'a')).toEqual([2, 3, 4, 4]);
  });

  it('puts time features after the columns and lags after both', () => {
    const train = frameOf({ a: [1, 2, 3, 4], b: [5, 6, 7, 9] });
    const given = { time_features_enable: true, lags_enable: true, lags_n: 2, lags_step: 1 };
    const { features } = fitPreprocess(train, parameters(given));
    const base = ['a', 'b', ...timeFeatureNames];
    expect(features).toEqual([
      ...base,
      ...base.map((name) => `${name}_lag(-1)`),
      ...base.map((name) => `${name}_lag(-2)`),
    ]);
    const applied = applyPreprocess(fitPreprocess(train, parameters(given)), train);
    expect(applied.rows).toBe(2);
    expect(columnOf(applied, 'a_lag(-2)')).toEqual([1, 2]);
  });

  it('has no lags unless they are enabled', () => {
    const fitted = fitPreprocess(frameOf({ a: [1, 2, 3] }), parameters({ lags_n: 2 }));
    expect(fitted.lags).toEqual({ n: 0, step: 1 });
  });

  it('fits the scaler on train rows and applies it to others unchanged', () => {
    const fitted = fitPreprocess(frameOf({ a: [10, 20, 30] }), parameters({ scaler: 'MinMaxScaler' }));
    expect(fitted.scaler).toEqual({ method: 'MinMaxScaler', center: [10], scale: [20] });
    expect(columnOf(applyPreprocess(fitted, frameOf({ a: [0, 50] })), 'a')).toEqual([-0.5, 2]);
  });

  it('fits the scaler of a lag on the rows that the lag has', () => {
    const given = { scaler: 'MinMaxScaler', lags_enable: true, lags_n: 1 };
    const fitted = fitPreprocess(frameOf({ a: [0, 1, 5] }), parameters(given));
    expect(fitted.scaler).toEqual({ method: 'MinMaxScaler', center: [1, 0], scale: [4, 1] });
  });

  it('keeps a constant column that is no target, as zeros', () => {
    const train = frameOf({ a: [1, 2, 3], flat: [0.1, 0.1, 0.1] });
    const fitted = fitPreprocess(train, parameters({ scaler: 'StandardScaler' }));
    expect(columnOf(applyPreprocess(fitted, train), 'flat')).toEqual([0, 0, 0]);
  });

  it('gives what its contract can hold', () => {
    const given = { time_features_enable: true, scaler: 'RobustScaler', clip_enable: true };
    const fitted = fitPreprocess(frameOf({ a: [1, 2, 4], b: [1, nan, 3] }), parameters(given));
    expect(FittedPreprocess.parse(JSON.parse(JSON.stringify(fitted)))).toEqual(fitted);
  });

  it.each([
    [
      'an empty cell while handle_nans is off',
      { a: [1, nan] },
      { handle_nans: false },
      /column "a", row 2: .*empty cell/,
    ],
    ['a target that is no column', { a: [1, 2] }, { targets: 'down' }, 'no column "down"'],
    [
      'a target that is dropped',
      { a: [1, 2], b: [nan, nan] },
      { targets: 'b' },
      'has no value in any train row',
    ],
    ['a constant target', { a: [5, 5, nan] }, {}, 'is 5 in every train row'],
    [
      'a target that clipping makes constant',
      { a: [1, 1, 1, 1, 1, 1, 9] },
      { clip_enable: true },
      'is 1 in every train row: nothing can be learned',
    ],
    [
      'too few rows for the lags',
      { a: [1, 2] },
      { lags_enable: true, lags_n: 2 },
      '2 train rows are too few',
    ],
    [
      'a column named like a time feature',
      { a: [1, 2], day_of_week_sin: [1, 2] },
      { time_features_enable: true },
      'column "day_of_week_sin": is also the name of a computed feature',
    ],
    [
      'values too far apart',
      { a: [-1.7e308, 1.7e308] },
      { scaler: 'MinMaxScaler' },
      'too far apart to compute with',
    ],
  ])('refuses %s', (_what, columns, given, message) => {
    const fit = () => fitPreprocess(frameOf(columns), parameters(given));
    expect(fit).toThrow(message);
    expect(fit).toThrow(expect.objectContaining({ code: 'invalid_data' }));
  });
});

describe('applyPreprocess', () => {
  it('names every column that is missing', () => {
    const fitted = fitPreprocess(frameOf({ a: [1, 2], b: [1, 2], c: [1, 2] }), parameters());
    expect(() => applyPreprocess(fitted, frameOf({ b: [1] }))).toThrow(
      'Missing required feature columns: a, c',
    );
  });

  it('leaves out columns that it did not learn', () => {
    const fitted = fitPreprocess(frameOf({ a: [1, 2] }), parameters());
    expect(applyPreprocess(fitted, frameOf({ x: [0], a: [3] })).columns).toEqual([
      { name: 'a', values: Float64Array.of(3) },
    ]);
  });
});
