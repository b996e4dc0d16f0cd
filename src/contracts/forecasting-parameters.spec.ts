import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ForecastingParameters } from './forecasting-parameters.js';

const refused = (parameters: Record<string, unknown>) => {
  const { error } = ForecastingParameters.safeParse({ dataset_name: 'PobleSec', ...parameters });
  return error?.issues.map(({ path }) => path.join('.'));
};

describe('ForecastingParameters', () => {
  it('fills in every default of the contract', () => {
    expect(ForecastingParameters.parse({ dataset_name: 'PobleSec' })).toEqual({
      dataset_name: 'PobleSec',
      identifier: 'run-001',
      train_test_split: 0.8,
      sample_train_rows: 0,
      sample_test_rows: 0,
      sample_strategy: 'head',
      sample_seed: 42,
      force_reprocess: false,
      extra_hash_salt: '',
      handle_nans: true,
      nans_threshold: 0.33,
      nans_knn: 2,
      nans_drop_rows: false,
      clip_enable: false,
      clip_method: 'iqr',
      clip_factor: 1.5,
      time_features_enable: true,
      lags_enable: false,
      lags_n: 0,
      lags_step: 1,
      scaler: 'MinMaxScaler',
      hidden_size: 128,
      num_layers: 2,
      batch_size: 64,
      epochs: 10,
      learning_rate: 1e-4,
      input_seq_len: 10,
      output_seq_len: 1,
      early_stopping: true,
      patience: 30,
      gradient_clip: 1,
      seed: 42,
      growth: 'linear',
      n_changepoints: 25,
      changepoint_range: 0.8,
      changepoint_prior_scale: 0.05,
      seasonality_prior_scale: 10,
      seasonality_mode: 'additive',
      yearly_seasonality: 'auto',
      weekly_seasonality: 'auto',
      daily_seasonality: 'auto',
      inference_length: 10,
      sample_idx: 0,
      score_weights: { rmse: 0.5, mae: 0.3, mse: 0.2 },
    });
  });

  it('requires a dataset and refuses unknown keys', () => {
    expect(ForecastingParameters.safeParse({}).success).toBe(false);
    expect(ForecastingParameters.safeParse({ dataset_name: 'x', epoch: 3 }).error?.issues[0]).toMatchObject({
      code: 'unrecognized_keys',
      keys: ['epoch'],
    });
  });

  it.each([
    ['a number as text', { epochs: '10' }, 'epochs'],
    ['a fraction for a count', { hidden_size: 12.5 }, 'hidden_size'],
    ['a flag as text', { early_stopping: 'true' }, 'early_stopping'],
    ['a flag as number', { clip_enable: 1 }, 'clip_enable'],
    ['null for a default', { seed: null }, 'seed'],
    ['infinity', { clip_factor: Infinity }, 'clip_factor'],
    ['a layer too many', { num_layers: 5 }, 'num_layers'],
    ['a learning rate of 0', { learning_rate: 0 }, 'learning_rate'],
    ['a learning rate above 1', { learning_rate: 1.01 }, 'learning_rate'],
    ['a split of 1', { train_test_split: 1 }, 'train_test_split'],
    ['a split of 0', { train_test_split: 0 }, 'train_test_split'],
    ['a forecast of nothing', { inference_length: 0 }, 'inference_length'],
    ['a forecast too long', { inference_length: 10_001 }, 'inference_length'],
    ['a path that climbs', { train_file: '../secrets.csv' }, 'train_file'],
    ['a scaler that is none', { scaler: 'minmax' }, 'scaler'],
    ['no target', { targets: [] }, 'targets'],
    ['a target twice', { targets: ['down', 'down'] }, 'targets'],
    ['a target outside columns', { targets: 'up', columns: ['down'] }, 'targets'],
    ['weights of 0', { score_weights: { rmse: 0, mae: 0, mse: 0 } }, 'score_weights'],
    ['a negative weight', { score_weights: { rmse: -1, mae: 2, mse: 0 } }, 'score_weights.rmse'],
    ['a missing weight', { score_weights: { rmse: 1, mae: 1 } }, 'score_weights.mse'],
    ['a percentile over a half', { clip_enable: true, clip_method: 'percentile' }, 'clip_factor'],
  ])('refuses %s', (_what, parameters, path) => {
    expect(refused(parameters)).toEqual([path]);
  });

  it('takes a target as a name and targets as a list', () => {
    expect(refused({ targets: 'down' })).toBeUndefined();
    expect(refused({ targets: ['down', 'up'], columns: ['up', 'down', 'mcs_up'] })).toBeUndefined();
  });

  it('documents every parameter, with examples that it would take itself', () => {
    const { properties = {} } = z.toJSONSchema(ForecastingParameters, { io: 'input' });
    expect(Object.keys(properties)).toHaveLength(Object.keys(ForecastingParameters.shape).length);
    for (const [name, schema] of Object.entries(properties)) {
      if (typeof schema === 'boolean') throw new Error(`${name} has no schema`);
      expect(schema.description, name).toMatch(/./);
      const examples = schema.examples;
      if (!Array.isArray(examples)) throw new Error(`${name} has no examples`);
      for (const example of examples) {
        const columns = name === 'targets' || name === 'columns' ? {} : undefined;
        expect(
          refused({ ...columns, [name]: example }),
          `${name}: ${JSON.stringify(example)}`,
        ).toBeUndefined();
      }
    }
  });
});
