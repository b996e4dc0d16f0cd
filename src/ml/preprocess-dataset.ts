import { AppError } from '../contracts/app-error.js';
import type { FittedPreprocess } from '../contracts/fitted-preprocess.js';
import type { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import { quoteNames } from './data-fault.js';
import { dropSparseRows, refuseEmptyCells } from './fill.js';
import { makeFrame, pickColumns, type Frame } from './frame.js';
import { lagRows } from './lags.js';
import { applyPreprocess, fitPreprocess } from './preprocess.js';
import { sampleRows } from './sample.js';
import { measureSpacing } from './spacing.js';
import { splitByTime } from './split.js';
import { resolveTargets } from './targets.js';

export interface PreprocessedDataset {
  fitted: FittedPreprocess;
  targets: string[];
  /** The processed tables: what is trained on, and its held-out counterpart. */
  train: Frame;
  test: Frame;
  /** The raw rows behind them, none dropped, filled or clipped: what every model is measured on. */
  rawTrain: Frame;
  rawTest: Frame;
  /** Most frequent distance between train rows, milliseconds. */
  stepMs: number;
  warnings: string[];
}

/** Rows that one window needs: what it sees, what it forecasts, and the rows that lags reach back. */
export function rowsForOneWindow(parameters: ForecastingParameters): number {
  const { input_seq_len, output_seq_len, lags_enable, lags_n: n, lags_step: step } = parameters;
  return input_seq_len + output_seq_len + (lags_enable ? lagRows({ n, step }) : 0);
}

function requireRows(frame: Frame, which: string, parameters: ForecastingParameters): void {
  const needed = rowsForOneWindow(parameters);
  if (frame.rows >= needed) return;
  throw new AppError(
    'invalid_data',
    `${frame.rows} ${which} rows are too few: one window needs ${needed} ` +
      `(input_seq_len ${parameters.input_seq_len}, output_seq_len ${parameters.output_seq_len}, the rest for lags)`,
    { where: `${which} rows` },
  );
}

function spacingWarnings(frame: Frame, which: string): string[] {
  const { warning } = measureSpacing(frame.time);
  return warning === null ? [] : [`${which} rows: ${warning}`];
}

/** The held-out rows with the train rows' columns alone, in the same order. */
function likeTrain(test: Frame, train: Frame): Frame {
  const names = train.columns.map(({ name }) => name);
  const missing = names.filter((name) => !test.columns.some((column) => column.name === name));
  if (missing.length > 0) {
    throw new AppError(
      'invalid_data',
      `the test file lacks columns of the train file: ${quoteNames(missing)}`,
    );
  }
  return makeFrame(test.time, pickColumns(test, names));
}

/** Held-out rows that a model has seen the time of make its score too good. */
function overlapWarning(train: Frame, test: Frame): string[] {
  const end = train.time.at(-1) ?? -Infinity;
  const seen = test.time.reduce((count, time) => count + (time <= end ? 1 : 0), 0);
  return seen === 0
    ? []
    : [`${seen} test rows are not later than the last train row: scores may look too good`];
}

/**
 * The whole step from raw files to processed tables: divides or takes the test file, samples, checks, learns from
 * the train rows and applies to both.
 *
 * @param trainFile rows of the train file by rising time.
 * @param testFile null when there is none: the train file is divided by time.
 * @throws AppError `invalid_data` with what is wrong and, for rows, how many there are and are needed.
 */
export function preprocessDataset(
  trainFile: Frame,
  testFile: Frame | null,
  parameters: ForecastingParameters,
): PreprocessedDataset {
  const { sample_strategy: strategy, sample_seed: seed, sample_train_rows, sample_test_rows } = parameters;
  const whole = testFile
    ? { train: trainFile, test: likeTrain(testFile, trainFile) }
    : splitByTime(trainFile, parameters.train_test_split);
  const rawTrain = sampleRows(whole.train, { rows: sample_train_rows, strategy, seed });
  const rawTest = sampleRows(whole.test, { rows: sample_test_rows, strategy, seed });
  if (!parameters.handle_nans) refuseEmptyCells(rawTest);
  const dropping = parameters.handle_nans && parameters.nans_drop_rows;
  const keep = (frame: Frame) => (dropping ? dropSparseRows(frame, parameters.nans_threshold) : frame);
  const [keptTrain, keptTest] = [keep(rawTrain), keep(rawTest)];
  requireRows(keptTrain, 'train', parameters);
  requireRows(keptTest, 'test', parameters);
  const fitted = fitPreprocess(rawTrain, parameters);
  return {
    fitted,
    targets: resolveTargets(keptTrain, parameters),
    train: applyPreprocess(fitted, keptTrain),
    test: applyPreprocess(fitted, keptTest),
    rawTrain,
    rawTest,
    stepMs: measureSpacing(rawTrain.time).stepMs,
    warnings: [
      ...spacingWarnings(rawTrain, 'train'),
      ...spacingWarnings(rawTest, 'test'),
      ...overlapWarning(rawTrain, rawTest),
    ],
  };
}
