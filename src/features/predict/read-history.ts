import { AppError, type Issue } from '../../contracts/app-error.js';
import type { ModelManifest } from '../../contracts/model-manifest.js';
import { type Frame, makeFrame, sortByTime } from '../../ml/frame.js';
import { parseTime } from '../../ml/parse-time.js';
import { showValue } from './show-value.js';

type Columns = Record<string, readonly unknown[]>;

const timeNames = ['time', 'timestamp', 'ts', 'date'];

/**
 * A prediction's history as a frame: checked and copied in one pass over its numbers.
 *
 * @throws AppError `invalid_request` that names the column and, where there is one, the row (counted from 0, as the
 * array is)
 */
export function readHistory(data: Columns, indexCol: string | undefined, manifest: ModelManifest): Frame {
  if (Object.keys(data).length === 0) throw fault('data', 'there is no data: give the history as columns');
  const timeName = indexCol ?? timeNames.find((name) => Object.hasOwn(data, name));
  const times = timeName === undefined ? undefined : own(data, timeName);
  if (timeName === undefined || times === undefined) {
    throw fault('data', `there is no time column; name one of ${timeNames.join(', ')}, or set index_col`);
  }
  const missing = manifest.columns.filter((name) => !Object.hasOwn(data, name));
  if (missing.length > 0) throw fault('data', `Missing required feature columns: ${missing.join(', ')}`);
  if (times.length < manifest.rows) {
    throw fault('data', `${times.length} rows of history are too few: this model needs ${manifest.rows}`);
  }
  for (const name of Object.keys(data)) {
    const { length } = data[name]!;
    if (length !== times.length) {
      const message = `column "${name}" has ${length} rows, the time column has ${times.length}`;
      throw fault(`data.${name}`, message);
    }
  }
  const time = readTimes(times, timeName);
  refuseEqualTimes(time, timeName);
  const columns = manifest.columns.map((name) => ({
    name,
    values: readColumn(own(data, name) ?? [], name),
  }));
  return sortByTime(makeFrame(time, columns));
}

function readTimes(values: readonly unknown[], name: string): Float64Array {
  const times = new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    const time = typeof value === 'string' ? parseTime(value.trim()) : Number.NaN;
    if (Number.isNaN(time)) {
      throw fault(
        `data.${name}.${row}`,
        `${showValue(value)} is not a time; write it like "2018-02-05T23:40:00Z"`,
      );
    }
    times[row] = time;
  }
  return times;
}

function readColumn(values: readonly unknown[], name: string): Float64Array {
  const out = new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (typeof value === 'number' && Number.isFinite(value)) out[row] = value;
    else if (value === null) out[row] = Number.NaN;
    else
      throw fault(`data.${name}.${row}`, `${showValue(value)} is not a finite number; null is an empty cell`);
  }
  return out;
}

function refuseEqualTimes(time: Float64Array, name: string): void {
  // Most are in order, and then no two are equal.
  if (isRising(time)) return;
  if (time.length > 1 && time.every((value) => value === time[0])) {
    throw fault(`data.${name}`, 'all times are the same');
  }
  const seen = new Set<number>();
  time.forEach((value, row) => {
    if (seen.has(value)) {
      const text = new Date(value).toISOString();
      throw fault(`data.${name}.${row}`, `the time ${text} stands there twice`);
    }
    seen.add(value);
  });
}

function isRising(time: Float64Array): boolean {
  for (let row = 1; row < time.length; row++) if (!(time[row]! > time[row - 1]!)) return false;
  return true;
}

/** Not by plain access: a column may be called `constructor`. */
function own(data: Columns, name: string): readonly unknown[] | undefined {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}

function fault(path: string, message: string): AppError {
  const issues: Issue[] = [{ path, message }];
  return new AppError('invalid_request', message, { issues });
}
