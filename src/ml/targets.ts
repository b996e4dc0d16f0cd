import { AppError } from '../contracts/app-error.js';
import type { ForecastingParameters } from '../contracts/forecasting-parameters.js';
import { dataFault, quoteNames } from './data-fault.js';
import type { Frame } from './frame.js';
import { extent } from './statistics.js';

/**
 * The columns to forecast: those asked for, otherwise the first one that has a value.
 *
 * @param train raw train rows.
 * @throws AppError `invalid_data` when a target is no column, has no value, or is the same in every row.
 */
export function resolveTargets(train: Frame, parameters: Pick<ForecastingParameters, 'targets'>): string[] {
  const first = train.columns.find(({ values }) => !values.every(Number.isNaN));
  const targets = [parameters.targets ?? first?.name ?? []].flat();
  const names = train.columns.map(({ name }) => name);
  const absent = targets.filter((target) => !names.includes(target));
  if (absent.length > 0 || targets.length === 0) {
    const fault =
      targets.length === 0 ? 'no column has a value' : `no column ${quoteNames(absent)} to forecast`;
    throw new AppError('invalid_data', `${fault}; the columns are ${quoteNames(names)}`);
  }
  if (targets.includes('ts')) {
    throw dataFault({ column: 'ts' }, 'cannot be a target: a prediction calls its time so; rename it');
  }
  for (const target of targets) {
    const { min, max } = extent(
      train.columns.find(({ name }) => name === target)?.values ?? new Float64Array(),
    );
    if (min > max) throw dataFault({ column: target }, 'is a target and has no value in any train row');
    if (min === max) throw constantTarget(target, min);
  }
  return targets;
}

export function constantTarget(target: string, value: number): AppError {
  return dataFault(
    { column: target },
    `is a target and is ${value} in every train row: nothing can be learned from it`,
  );
}
