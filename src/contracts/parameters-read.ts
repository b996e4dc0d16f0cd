import type { ForecastingParameters } from './forecasting-parameters.js';

/** Where a held-out row must begin and end, which every trainer looks at. */
const windowNames = ['input_seq_len', 'output_seq_len'] as const;

/**
 * What each type of step reads of the parameters, files apart: another value of another parameter gives the same
 * result. `workers/steps/read-parameters.spec.ts` watches what the steps really read.
 */
export const parametersRead = {
  preprocess: [
    ...(['train_test_split', 'columns', 'index_col', 'targets'] as const),
    ...(['sample_train_rows', 'sample_test_rows', 'sample_strategy', 'sample_seed'] as const),
    ...(['extra_hash_salt', 'handle_nans', 'nans_threshold', 'nans_knn', 'nans_drop_rows'] as const),
    ...(['clip_enable', 'clip_method', 'clip_factor', 'time_features_enable'] as const),
    ...(['lags_enable', 'lags_n', 'lags_step', 'scaler'] as const),
    ...windowNames,
  ],
  train_recurrent: [
    ...windowNames,
    ...(['hidden_size', 'num_layers', 'batch_size', 'epochs', 'learning_rate', 'gradient_clip'] as const),
    ...(['early_stopping', 'patience', 'seed'] as const),
  ],
  train_prophet: [
    ...windowNames,
    ...(['growth', 'n_changepoints', 'changepoint_range', 'changepoint_prior_scale'] as const),
    ...(['seasonality_prior_scale', 'seasonality_mode', 'seed'] as const),
    ...(['yearly_seasonality', 'weekly_seasonality', 'daily_seasonality'] as const),
  ],
} satisfies Record<string, readonly (keyof ForecastingParameters)[]>;
