import { z } from 'zod';
import { ScalerName } from './fitted-preprocess.js';
import { Identifier } from './identifier.js';
import { objectPath } from './object-path.js';
import { defaultScoreWeights, ScoreWeights } from './score-weights.js';

/** Counts and sizes: whole numbers between two bounds, both included. */
const whole = (min: number, max: number) => z.int().min(min).max(max);
const above0 = (max: number) => z.number().gt(0).max(max);
const flag = (preset: boolean, description: string) =>
  z
    .boolean()
    .default(preset)
    .meta({ description, examples: [preset] });
const seed = (description: string) =>
  whole(0, 0xff_ff_ff_ff)
    .default(42)
    .meta({ description, examples: [42] });

/** A zero character is text that PostgreSQL cannot store, and a column's name holds no control character at all. */
const columnName = z
  .string()
  .min(1)
  .max(500)
  .refine((name) => !/[\p{Cc}\p{Cs}]/u.test(name), 'must not hold a control character');
const columnNames = z
  .array(columnName)
  .min(1)
  .max(2000)
  .refine((names) => new Set(names).size === names.length, 'names a column twice');
const fileName = objectPath(500);
const seasonality = (name: string) =>
  z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .meta({
      description: `PROPHET: ${name} seasonality; auto looks at the length of the series.`,
      examples: ['auto'],
    });

const data = {
  dataset_name: objectPath(400).meta({
    description: 'Reads {dataset_name}.csv and, if there, {dataset_name}_test.csv from the bucket dataset.',
    examples: ['PobleSec'],
  }),
  identifier: Identifier.default('run-001'),
  train_file: fileName.optional().meta({
    description: 'Key of the train file, in place of {dataset_name}.csv.',
    examples: ['PobleSec.csv'],
  }),
  test_file: fileName.optional().meta({
    description:
      'Key of the held-out file, in place of {dataset_name}_test.csv; when named it must be there.',
    examples: ['PobleSec_test.csv'],
  }),
  train_test_split: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.8)
    .meta({
      description: 'Without a test file: the share of the rows, by time, that are trained on.',
      examples: [0.8],
    }),
  columns: columnNames.optional().meta({
    description: 'Use only these columns. Without it: all but the time column.',
    examples: [['down', 'up']],
  }),
  index_col: columnName.optional().meta({
    description: 'Name of the time column, when it is not time, timestamp, ts or date.',
    examples: ['open_time'],
  }),
  targets: z
    .union([columnName, columnNames])
    .optional()
    .meta({
      description: 'The column to forecast, or a list of columns. Without it: the first numeric column.',
      examples: ['down', ['down', 'up']],
    }),
};

const rows = whole(0, 100_000_000).default(0);
const sampling = {
  sample_train_rows: rows.meta({ description: 'How many train rows to use; 0 is all.', examples: [0] }),
  sample_test_rows: rows.meta({ description: 'How many held-out rows to use; 0 is all.', examples: [0] }),
  sample_strategy: z
    .enum(['head', 'random'])
    .default('head')
    .meta({
      description: 'head: the first rows. random: one contiguous block at a seeded place.',
      examples: ['head'],
    }),
  sample_seed: seed('Where the random block lies.'),
};

const preprocessing = {
  force_reprocess: flag(false, 'Run every step, also one that an earlier run did with the same inputs.'),
  extra_hash_salt: z
    .string()
    .max(200)
    .refine((value) => !/[\0\p{Cs}]/u.test(value), 'must be well-formed Unicode without a zero character')
    .default('')
    .meta({ description: 'Goes into config_hash and nowhere else.', examples: [''] }),
  handle_nans: flag(true, 'Fill empty cells. When off, an empty cell is an error.'),
  nans_threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.33)
    .meta({
      description: 'With nans_drop_rows: rows with fewer than ceil(columns x (1 - this)) values are dropped.',
      examples: [0.33],
    }),
  nans_knn: whole(1, 1000)
    .default(2)
    .meta({ description: 'Part of config_hash; gaps take the train mean of their column.', examples: [2] }),
  nans_drop_rows: flag(false, 'Drop rows with too few values.'),
  clip_enable: flag(false, 'Clip outliers to bounds from the train rows.'),
  clip_method: z
    .enum(['iqr', 'percentile'])
    .default('iqr')
    .meta({
      description: 'iqr: [Q1 - f·IQR, Q3 + f·IQR]. percentile: [q(f), q(1 - f)].',
      examples: ['iqr'],
    }),
  clip_factor: z
    .number()
    .min(0)
    .max(1000)
    .default(1.5)
    .meta({ description: 'f of clip_method; below 0.5 for percentile.', examples: [1.5] }),
  time_features_enable: flag(true, 'Add sine and cosine of minute of day, day of week and day of year.'),
  lags_enable: flag(false, 'Add lagged copies of every column.'),
  lags_n: whole(0, 100)
    .default(0)
    .meta({ description: 'How many lagged copies of each column.', examples: [0] }),
  lags_step: whole(1, 1000)
    .default(1)
    .meta({ description: 'Rows from one lag to the next.', examples: [1] }),
  scaler: ScalerName.default('MinMaxScaler').meta({
    description: 'Fitted on the train rows alone; empty for none.',
    examples: ['MinMaxScaler'],
  }),
};

const training = {
  hidden_size: whole(1, 1024)
    .default(128)
    .meta({ description: 'Units of each recurrent layer.', examples: [128] }),
  num_layers: whole(1, 4)
    .default(2)
    .meta({ description: 'Recurrent layers.', examples: [2] }),
  batch_size: whole(1, 4096)
    .default(64)
    .meta({ description: 'Windows in a training step.', examples: [64] }),
  epochs: whole(1, 10_000)
    .default(10)
    .meta({ description: 'Passes over the train windows.', examples: [10] }),
  learning_rate: above0(1)
    .default(1e-4)
    .meta({ description: 'Step size of Adam.', examples: [1e-4] }),
  input_seq_len: whole(1, 1000)
    .default(10)
    .meta({ description: 'Rows that a forecast sees.', examples: [10] }),
  output_seq_len: whole(1, 500)
    .default(1)
    .meta({ description: 'Rows that a forecast gives.', examples: [1] }),
  early_stopping: flag(true, 'Stop when the last tenth of the train windows gets no better.'),
  patience: whole(1, 10_000)
    .default(30)
    .meta({ description: 'Epochs without getting better before stopping.', examples: [30] }),
  gradient_clip: above0(1e6)
    .default(1)
    .meta({ description: 'Largest global norm of a gradient.', examples: [1] }),
  seed: seed('Initial weights and the order of the train windows.'),
  growth: z
    .enum(['linear', 'flat'])
    .default('linear')
    .meta({ description: 'PROPHET: trend.', examples: ['linear'] }),
  n_changepoints: whole(0, 1000)
    .default(25)
    .meta({ description: 'PROPHET: places where the trend may bend.', examples: [25] }),
  changepoint_range: above0(1)
    .default(0.8)
    .meta({
      description: 'PROPHET: share of the history that change points lie in.',
      examples: [0.8],
    }),
  changepoint_prior_scale: above0(1000)
    .default(0.05)
    .meta({ description: 'PROPHET: how far the trend may bend.', examples: [0.05] }),
  seasonality_prior_scale: above0(1000)
    .default(10)
    .meta({ description: 'PROPHET: how strong seasonality may be.', examples: [10] }),
  seasonality_mode: z
    .enum(['additive', 'multiplicative'])
    .default('additive')
    .meta({
      description: 'PROPHET: seasonality adds to the trend or multiplies it.',
      examples: ['additive'],
    }),
  yearly_seasonality: seasonality('yearly'),
  weekly_seasonality: seasonality('weekly'),
  daily_seasonality: seasonality('daily'),
};

const forecasting = {
  inference_length: whole(1, 10_000)
    .default(10)
    .meta({ description: 'Rows of the batch forecast.', examples: [10] }),
  sample_idx: whole(0, 100_000_000)
    .default(0)
    .meta({ description: 'Where in the held-out rows the batch forecast begins.', examples: [0] }),
  score_weights: ScoreWeights.default(defaultScoreWeights).meta({
    description: 'Weights of the score that decides the winner.',
    examples: [defaultScoreWeights],
  }),
};

/**
 * Every parameter of a `forecasting` run with its default. Unknown keys are refused and nothing is coerced:
 * `"10"` for a number is an error, because a run that quietly ignores what was asked is worse than none.
 */
export const ForecastingParameters = z
  .strictObject({ ...data, ...sampling, ...preprocessing, ...training, ...forecasting })
  .refine((p) => !(p.clip_enable && p.clip_method === 'percentile' && p.clip_factor >= 0.5), {
    path: ['clip_factor'],
    message:
      'must be below 0.5 for clip_method percentile: it is the share cut off at each end, such as 0.05',
  })
  .refine((p) => [p.targets ?? []].flat().every((target) => p.columns?.includes(target) ?? true), {
    path: ['targets'],
    message: 'must be among columns',
  })
  .meta({ description: 'Parameters of the pipeline forecasting.' });
export type ForecastingParameters = z.infer<typeof ForecastingParameters>;
