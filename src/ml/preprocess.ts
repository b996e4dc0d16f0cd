import { AppError } from '../contracts/app-error.js';
import type { FittedPreprocess } from '../contracts/fitted-preprocess.js';
import type { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import { clipValues, fitClip } from './clip.js';
import { dataFault } from './data-fault.js';
import { dropSparseRows, fillGaps, refuseEmptyCells } from './fill.js';
import { makeFrame, pickColumns, type Column, type Frame } from './frame.js';
import { addLags, lagNames, type Lags } from './lags.js';
import { applyScaling, fitScaling } from './scalers.js';
import { extent, mean } from './statistics.js';
import { constantTarget, resolveTargets } from './targets.js';
import { timeFeatureNames, timeFeatures } from './time-features.js';

/** Everything before the scaler: empty cells, clip, time features, lags. */
function buildFeatures(fitted: Omit<FittedPreprocess, 'scaler' | 'features'>, frame: Frame): Frame {
  const raw = pickColumns(
    frame,
    fitted.columns.map(({ name }) => name),
  );
  const columns = raw.map(({ name, values }, i): Column => {
    const { fill = Number.NaN, clip = null } = fitted.columns[i] ?? {};
    const filled = fillGaps(values, fill);
    return { name, values: clip ? clipValues(filled, clip) : filled };
  });
  const clocks = fitted.time_features ? timeFeatures(frame.time) : [];
  return addLags(makeFrame(frame.time, [...columns, ...clocks]), fitted.lags);
}

function fitColumn(
  { name, values }: Column,
  parameters: ForecastingParameters,
): FittedPreprocess['columns'][number] {
  const { clip_enable, clip_method, clip_factor } = parameters;
  return { name, fill: mean(values), clip: clip_enable ? fitClip(values, clip_method, clip_factor) : null };
}

/** @throws AppError `invalid_data` when two features would bear one name. */
function featureNames(columns: readonly Column[], clocks: boolean, lags: Lags): string[] {
  const base = [...columns.map(({ name }) => name), ...(clocks ? timeFeatureNames : [])];
  const names = lagNames(base, lags);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw dataFault({ column: twice }, 'is also the name of a computed feature; rename it or leave it out');
  }
  return names;
}

/**
 * Learns from the train rows alone what preprocessing needs: which columns have values, what an empty cell
 * becomes, clip bounds, the scaler.
 *
 * @param train raw train rows by rising time; NaN is an empty cell.
 * @throws AppError `invalid_data`: an empty cell while `handle_nans` is off, too few rows, a target that is no
 * column or has nothing to learn from, values too far apart for a double.
 */
export function fitPreprocess(train: Frame, parameters: ForecastingParameters): FittedPreprocess {
  if (!parameters.handle_nans) refuseEmptyCells(train);
  const rows =
    parameters.handle_nans && parameters.nans_drop_rows
      ? dropSparseRows(train, parameters.nans_threshold)
      : train;
  const targets = resolveTargets(rows, parameters);
  const used = rows.columns.filter(({ values }) => !values.every(Number.isNaN));
  const { lags_enable, lags_n: n, lags_step: step } = parameters;
  const lags = lags_enable && n > 0 ? { n, step } : { n: 0, step: 1 };
  const features = featureNames(used, parameters.time_features_enable, lags);
  const learned = {
    columns: used.map((column) => fitColumn(column, parameters)),
    time_features: parameters.time_features_enable,
    lags,
  };
  const table = buildFeatures(learned, rows);
  if (table.rows === 0)
    throw new AppError('invalid_data', `${rows.rows} train rows are too few for the lags`);
  const scalings = table.columns.map(({ name, values }) => {
    const { min, max } = extent(values);
    if (min === max && targets.includes(name)) throw constantTarget(name, min);
    const scaling = fitScaling(parameters.scaler, values);
    if (!Number.isFinite(scaling.center) || !Number.isFinite(scaling.scale)) {
      throw dataFault({ column: name }, `holds values from ${min} to ${max}, too far apart to compute with`);
    }
    return scaling;
  });
  const scaler = {
    method: parameters.scaler,
    center: scalings.map(({ center }) => center),
    scale: scalings.map(({ scale }) => scale),
  };
  return { ...learned, scaler, features };
}

/**
 * Repeats on raw rows what was learned: empty cells, clip, time features, lags, scaler. The first
 * `lags.n · lags.step` rows are lost to the lags; columns that the fit did not use are left out.
 *
 * @throws AppError `invalid_data` `Missing required feature columns: a, b`.
 */
export function applyPreprocess(fitted: FittedPreprocess, frame: Frame): Frame {
  const table = buildFeatures(fitted, frame);
  const { center, scale } = fitted.scaler;
  return makeFrame(
    table.time,
    table.columns.map(({ name, values }, i) => ({
      name,
      values: applyScaling(values, { center: center[i] ?? 0, scale: scale[i] ?? 1 }),
    })),
  );
}
