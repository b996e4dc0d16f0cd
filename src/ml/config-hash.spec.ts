import { describe, expect, it } from 'vitest';
import { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import { canonicalConfig, configHash, pythonFloat } from './config-hash.js';

const files = { train_file: 'PobleSec.csv', test_file: 'PobleSec_test.csv' };
const canonical = (given: Record<string, unknown> = {}, of: Parameters<typeof canonicalConfig>[1] = files) =>
  canonicalConfig(ForecastingParameters.parse({ dataset_name: 'PobleSec', ...given }), of);

describe('config hash', () => {
  it('has the canonical string of the contract', () => {
    expect(canonical()).toBe(
      '{"_data":{"sample_strategy":"head","sample_test_rows":0,"sample_train_rows":0,"test_file":"PobleSec_test.csv","train_file":"PobleSec.csv"},"extra":{"hash_salt":""},"handle_nans":{"drop_rows":false,"enabled":true,"knn_neighbors":2,"threshold":0.33},"lags":{"enabled":false,"n_lags":0,"step":1},"outliers":{"enabled":false,"factor":1.5,"method":"iqr"},"scaling":{"add_constant":null,"method":"MinMaxScaler"},"time_features":{"enabled":true}}',
    );
  });

  const fifty = { sample_train_rows: 50, sample_test_rows: 50, sample_strategy: 'head' };
  it.each([
    ['all defaults', {}, '6ce79cfae0029f0499e5ca7a14f996ee0fe8c7d4f2a4bbf2fe78d3ae6b155ea9'],
    [
      '50 rows and a salt',
      { ...fifty, extra_hash_salt: 'forceInfer1' },
      '8999be31be63d86d0bfcd155ea74a56b6192a9dfa2490f077d019571a6deed1f',
    ],
    ['50 rows', fifty, 'dd605af60450e3fe4fce709235c278917e57487a24090f12ef5959dae2b52448'],
  ])('meets the vector for %s', (_what, given, hash) => {
    expect(configHash(canonical(given))).toBe(hash);
  });

  it('keeps a decimal point in the two floats and in nothing else', () => {
    expect(canonical({ clip_factor: 2, nans_threshold: 1, lags_n: 3 })).toMatch(
      /"threshold":1\.0\}.*"n_lags":3,.*"factor":2\.0,/,
    );
  });

  it('names columns only when they are given, and no test file as null', () => {
    expect(canonical({ columns: ['up', 'down'] })).toContain(
      '{"_data":{"columns":["up","down"],"sample_strategy"',
    );
    expect(canonical()).not.toContain('columns');
    expect(canonical({}, { train_file: 'a.csv', test_file: null })).toContain('"test_file":null');
  });

  it('does not depend on parameters of training', () => {
    expect(canonical({ epochs: 99, seed: 7, targets: 'up', identifier: 'other' })).toBe(canonical());
  });

  it('depends on every parameter of preprocessing', () => {
    const changes = [
      { handle_nans: false },
      { nans_threshold: 0.5 },
      { nans_knn: 3 },
      { nans_drop_rows: true },
      { clip_enable: true },
      { clip_method: 'percentile' },
      { clip_factor: 0.1 },
      { time_features_enable: false },
      { lags_enable: true },
      { lags_n: 1 },
      { lags_step: 2 },
      { scaler: '' },
      { extra_hash_salt: 'x' },
      { sample_train_rows: 1 },
      { sample_test_rows: 1 },
      { sample_strategy: 'random' },
    ];
    expect(new Set([canonical(), ...changes.map((change) => canonical(change))]).size).toBe(
      changes.length + 1,
    );
  });

  it('writes text in ASCII, as Python does', () => {
    expect(canonical({ extra_hash_salt: 'é"🚂\n' })).toContain(
      String.raw`"hash_salt":"\u00e9\"\ud83d\ude82\n"`,
    );
  });
});

// Python 3: repr of each.
it.each([
  [0, '0.0'],
  [2, '2.0'],
  [1.5, '1.5'],
  [0.33, '0.33'],
  [0.1 + 0.2, '0.30000000000000004'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1.25e-7, '1.25e-07'],
  [1e-300, '1e-300'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [1.5e22, '1.5e+22'],
])('pythonFloat writes %d as %s', (value, text) => {
  expect(pythonFloat(value)).toBe(text);
});
