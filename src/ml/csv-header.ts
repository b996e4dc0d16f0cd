import { dataFault, quoteNames } from './data-fault.js';
import { parseNumber } from './parse-number.js';
import { parseTime } from './parse-time.js';

/** Names of a time column, in the order in which they are looked for. */
export const timeColumnNames = ['time', 'timestamp', 'ts', 'date'] as const;

export interface CsvHeader {
  /** Fields that every record must have. */
  width: number;
  time: { name: string; index: number };
  /** The columns that are used, in the order of the file. */
  columns: { name: string; index: number }[];
}

function looksLikeData(field: string): boolean {
  return field.trim() !== '' && (parseNumber(field) !== null || !Number.isNaN(parseTime(field.trim())));
}

function findTimeColumn(names: string[], file: string, indexCol?: string): string {
  const wanted: readonly string[] = indexCol === undefined ? timeColumnNames : [indexCol];
  const found = wanted.find((name) => names.includes(name));
  if (found !== undefined) return found;
  if (names.some(looksLikeData)) {
    throw dataFault({ file }, 'has no header: its first line holds data, not the names of columns');
  }
  const missing =
    indexCol === undefined
      ? `no time column (${quoteNames(timeColumnNames)}, or the one that the parameter index_col names)`
      : `no column "${indexCol}", which the parameter index_col names`;
  throw dataFault({ file }, `has ${missing}; its columns are ${quoteNames(names)}`);
}

/**
 * Finds the time column and the columns to use in the first record of a file.
 * @throws AppError `invalid_data`: no header, no time column, a name that stands twice or is asked for and not there.
 */
export function readCsvHeader(
  fields: readonly string[],
  { file, indexCol, columns }: { file: string; indexCol?: string; columns?: readonly string[] },
): CsvHeader {
  const names = fields.map((field) => field.trim());
  const timeName = findTimeColumn(names, file, indexCol);
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (twice !== undefined) throw dataFault({ file, column: twice }, 'stands in the header twice');
  const absent = columns?.filter((name) => name === timeName || !names.includes(name)) ?? [];
  if (absent.length > 0) {
    throw dataFault(
      { file },
      `has no ${quoteNames(absent)} among its data columns, which the parameter columns names; ` +
        `they are ${quoteNames(names.filter((name) => name !== timeName))}`,
    );
  }
  const used = names
    .map((name, index) => ({ name, index }))
    .filter(({ name }) => name !== timeName && (columns?.includes(name) ?? true));
  const unnamed = used.find(({ name }) => name === '');
  if (unnamed) {
    throw dataFault(
      { file },
      `column ${unnamed.index + 1} has no name; leave it out with the parameter columns`,
    );
  }
  if (used.some(({ name }) => name === 'time')) {
    throw dataFault(
      { file, column: 'time' },
      `cannot be a data column while "${timeName}" is the time column; leave it out with the parameter columns`,
    );
  }
  if (used.length === 0) throw dataFault({ file }, `has no numeric columns beside "${timeName}"`);
  return { width: names.length, time: { name: timeName, index: names.indexOf(timeName) }, columns: used };
}
