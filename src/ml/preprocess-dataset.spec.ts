import { describe, expect, it } from 'vitest';
import { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import { preprocessDataset } from './preprocess-dataset.js';

const nan = Number.NaN;
const minute = 60_000;
const parameters = (given: Record<string, unknown> = {}) =>
  ForecastingParameters.parse({
    dataset_name: 'x',
    time_features_enable: false,
    scaler: '',
    input_seq_len: 2,
    ...given,
  });
const rising = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);
const train = frameOf({ down: rising(10), up: rising(10, 50) }, { start: 0 });
const test = frameOf({ up: rising(5, 90), down: rising(5, 20), more: rising(5) }, { start: 10 * minute });

describe('preprocessDataset', () => {
  it('holds out the last rows when there is no test file', () => {
    const { rawTrain, rawTest } = preprocessDataset(train, null, parameters({ train_test_split: 0.6 }));
    expect(columnOf(rawTrain, 'down')).toEqual(rising(6));
    expect(columnOf(rawTest, 'down')).toEqual(rising(4, 6));
  });

  it('brings the columns of a test file into the order of the train file', () => {
    const data = preprocessDataset(train, test, parameters());
    expect(data.test.columns.map(({ name }) => name)).toEqual(['down', 'up']);
    expect(data.rawTest.columns.map(({ name }) => name)).toEqual(['down', 'up']);
    expect(data).toMatchObject({ targets: ['down'], stepMs: minute, warnings: [] });
  });

  it('samples both sides', () => {
    const data = preprocessDataset(train, test, parameters({ sample_train_rows: 4, sample_test_rows: 3 }));
    expect([data.train.rows, data.test.rows]).toEqual([4, 3]);
    expect(columnOf(data.rawTest, 'down')).toEqual([20, 21, 22]);
  });

  it('drops sparse rows from the processed tables and keeps them in the raw rows', () => {
    const gaps = frameOf({ down: [20, nan, 22, 23], up: [1, nan, 3, 4] }, { start: 10 * minute });
    const data = preprocessDataset(train, gaps, parameters({ nans_drop_rows: true }));
    expect(data.test.rows).toBe(3);
    expect(columnOf(data.rawTest, 'down')).toEqual([20, nan, 22, 23]);
  });

  it('learns nothing from the test rows', () => {
    const given = { scaler: 'StandardScaler', clip_enable: true };
    const other = frameOf({ down: rising(5, 1e6), up: rising(5, -1e6) }, { start: 10 * minute });
    const [one, two] = [test, other].map((held) => preprocessDataset(train, held, parameters(given)));
    expect(one?.fitted).toEqual(two?.fitted);
    expect(one?.train).toEqual(two?.train);
  });

  it('warns of uneven rows and of test rows that are not later than the train rows', () => {
    const uneven = frameOf({ down: rising(5), up: rising(5) }, { start: 5 * minute, stepMs: 30_000 });
    const { warnings } = preprocessDataset(train, uneven, parameters());
    expect(warnings).toEqual(['5 test rows are not later than the last train row: scores may look too good']);
    const touching = frameOf({ down: rising(5), up: rising(5) }, { start: 9 * minute });
    expect(preprocessDataset(train, touching, parameters()).warnings[0]).toMatch(/^1 test rows/);
    const gap = { ...uneven, time: Float64Array.of(10, 11, 13, 20, 21).map((m) => m * minute) };
    expect(preprocessDataset(gap, test, parameters()).warnings[0]).toMatch(
      /^train rows: very irregular spacing/,
    );
  });

  it.each([
    ['train', { sample_train_rows: 2 }, '2 train rows are too few: one window needs 3'],
    ['test', { sample_test_rows: 2 }, '2 test rows are too few: one window needs 3'],
    [
      'test, with lags',
      { lags_enable: true, lags_n: 2, lags_step: 2, sample_test_rows: 5, output_seq_len: 3 },
      '5 test rows are too few: one window needs 9 (input_seq_len 2, output_seq_len 3, the rest for lags)',
    ],
  ])('refuses too few rows: %s', (_what, given, message) => {
    expect(() => preprocessDataset(train, test, parameters(given))).toThrow(message);
  });

  it('takes just enough rows', () => {
    const data = preprocessDataset(train, test, parameters({ sample_train_rows: 3, sample_test_rows: 3 }));
    expect([data.train.rows, data.test.rows]).toEqual([3, 3]);
  });

  it('refuses a test file that lacks columns', () => {
    expect(() => preprocessDataset(train, frameOf({ x: [1], up: [1] }), parameters())).toThrow(
      'the test file lacks columns of the train file: "down"',
    );
  });

  it('refuses an empty cell in the test rows while handle_nans is off', () => {
    const gaps = frameOf({ down: [20, 21, 22], up: [1, nan, 3] }, { start: 10 * minute });
    expect(() => preprocessDataset(train, gaps, parameters({ handle_nans: false }))).toThrow(
      /column "up", row 2/,
    );
  });
});
