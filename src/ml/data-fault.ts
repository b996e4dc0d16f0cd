import { AppError } from '../contracts/app-error.js';

/** Where in a file or table something is wrong; `row` is the 1-based data row, the header not counted. */
export interface DataPlace {
  file?: string;
  column?: string;
  row?: number;
}

/**
 * An `invalid_data` error that begins with its place: `PobleSec.csv: column "down", row 17: "x" is not a number`.
 * The place without the fault stands in `where`.
 */
export function dataFault(place: DataPlace, fault: string, cause?: unknown): AppError {
  const { file, column, row } = place;
  const cell = [column === undefined ? '' : `column "${column}"`, row === undefined ? '' : `row ${row}`];
  const where = [file ?? '', cell.filter(Boolean).join(', ')].filter(Boolean);
  return new AppError('invalid_data', [...where, fault].join(': '), {
    where: where.length > 0 ? where.join(', ') : undefined,
    cause,
  });
}

/** The first few names, quoted, and how many more there are: an error must not print 2,000 columns. */
export function quoteNames(names: readonly string[], limit = 20): string {
  const shown = names.slice(0, limit).map((name) => `"${name}"`);
  return names.length > limit ? `${shown.join(', ')} and ${names.length - limit} more` : shown.join(', ');
}
