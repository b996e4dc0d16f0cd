import { readCsvHeader, type CsvHeader } from './csv-header.js';
import { forEachCsvRecord } from './csv-records.js';
import { dataFault } from './data-fault.js';
import { makeFrame, takeRows, timeOrder, type Frame } from './frame.js';
import { parseNumber } from './parse-number.js';
import { parseTime } from './parse-time.js';

export interface ParseCsvOptions {
  /** Stands in errors. */
  file: string;
  /** The time column, when it has none of the usual names. */
  indexCol?: string;
  /** Use only these columns; text in the others does no harm. */
  columns?: readonly string[];
}

/** A cell as an error shows it: quoted, and cut when it is long. */
function show(cell: string): string {
  return JSON.stringify(cell.length > 60 ? `${cell.slice(0, 60)}…` : cell);
}

/** A value, NaN when the cell is empty; what is neither is thrown. `row` is the 1-based data row. */
function numberIn(cell: string, file: string, column: string, row: number): number {
  const value = parseNumber(cell);
  if (value === null) {
    const hint = 'leave the column out with the parameter columns';
    throw dataFault({ file, column, row }, `${show(cell)} is not a number; ${hint}`);
  }
  if (value === Infinity || value === -Infinity) {
    throw dataFault(
      { file, column, row },
      `${show(cell)} is infinite; leave the cell empty when it is not known`,
    );
  }
  return value;
}

function timeIn(cell: string, file: string, column: string, row: number): number {
  const time = parseTime(cell.trim());
  if (Number.isNaN(time)) {
    const hint = 'write it like 2018-02-05 23:40:00 or 2018-02-05T23:40:00Z';
    throw dataFault({ file, column, row }, `${show(cell)} is not a time; ${hint}`);
  }
  return time;
}

/** Rows by rising time; two rows of one time are refused, under the numbers that they have in the file. */
function inOrder(frame: Frame, file: string, column: string): Frame {
  const order = timeOrder(frame.time);
  const sorted = order ? takeRows(frame, order) : frame;
  const twin = sorted.time.findIndex((time, row) => row > 0 && time === sorted.time[row - 1]);
  if (twin > 0) {
    const [first, second] = [twin - 1, twin].map((row) => (order?.[row] ?? row) + 1);
    const time = new Date(sorted.time[twin] ?? 0).toISOString();
    throw dataFault({ file, column, row: second }, `has the same time as row ${first}: ${time}`);
  }
  return sorted;
}

/**
 * Reads a CSV file into a frame, its rows by rising time: UTF-8 (cp1252 when it is not), with or without a byte
 * order mark, quoted fields, LF or CR LF. `""`, blanks, `NaN`, `nan`, `null` and `NA` are empty cells.
 *
 * @throws AppError `invalid_data` that names file, column, 1-based data row and what stands there.
 */
export function parseCsv(bytes: Uint8Array, options: ParseCsvOptions): Frame {
  const { file } = options;
  let header: CsvHeader | undefined;
  const time: number[] = [];
  let cells: number[][] = [];
  forEachCsvRecord(bytes, file, (fields) => {
    if (!header) {
      header = readCsvHeader(fields, options);
      cells = header.columns.map(() => []);
      return;
    }
    const row = time.length + 1;
    if (fields.length !== header.width) {
      throw dataFault({ file, row }, `has ${fields.length} fields, the header has ${header.width}`);
    }
    time.push(timeIn(fields[header.time.index] ?? '', file, header.time.name, row));
    for (const [i, { name, index }] of header.columns.entries()) {
      cells[i]?.push(numberIn(fields[index] ?? '', file, name, row));
    }
  });
  if (!header) throw dataFault({ file }, 'is empty');
  if (time.length === 0) throw dataFault({ file }, 'has a header and no rows');
  const columns = header.columns.map(({ name }, i) => ({ name, values: Float64Array.from(cells[i] ?? []) }));
  if (columns.every(({ values }) => values.every(Number.isNaN))) {
    throw dataFault({ file }, 'has no numeric columns: every data cell is empty');
  }
  return inOrder(makeFrame(Float64Array.from(time), columns), file, header.time.name);
}
