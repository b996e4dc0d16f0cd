/** Texts that stand for an empty cell; so does a cell of blanks. */
const emptyTexts: ReadonlySet<string> = new Set(['', 'NaN', 'nan', 'null', 'NA']);

/** `Number` also takes hexadecimal, octal and binary text, which no CSV column of numbers means. */
const otherRadix = /[xob]/i;
const infinite = /^[+-]?inf(inity)?$/i;

/**
 * The number in a cell: NaN when the cell is empty, an infinity when it says so or is beyond a double, and null
 * when it is something else than a decimal number.
 */
export function parseNumber(cell: string): number | null {
  const value = Number(cell);
  if (value !== 0 && Number.isFinite(value)) return otherRadix.test(cell) ? null : value;
  const text = cell.trim();
  if (emptyTexts.has(text)) return Number.NaN;
  if (infinite.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number.isNaN(value) || otherRadix.test(text) ? null : value;
}
