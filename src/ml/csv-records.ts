import { Buffer, isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import { dataFault } from './data-fault.js';

/** What cp1252 has at bytes 0x80 to 0x9f, where latin-1 has control characters; five of them stay those. */
const cp1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Not by `TextDecoder('windows-1252')`: that of Node 20.20 decodes latin-1 instead. */
function decodeCp1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return latin1.replaceAll(/[\x80-\x9f]/g, (control) => cp1252[control.charCodeAt(0) - 0x80] ?? control);
}

/** The text of a file: UTF-8 when it is valid UTF-8, otherwise cp1252, which contains what latin-1 can print. */
function decodeText(bytes: Uint8Array, file: string): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw dataFault({ file }, 'is UTF-16; save it as UTF-8');
  }
  if (bytes.includes(0)) throw dataFault({ file }, 'is no CSV file: it holds a zero byte');
  // TextDecoder drops a byte order mark.
  return isUtf8(bytes) ? new TextDecoder().decode(bytes) : decodeCp1252(bytes);
}

/** What `splitPlain` takes: nothing is quoted, and lines end in LF or CR LF. */
function isPlain(text: string): boolean {
  return !text.includes('"') && !/\r(?!\n)/.test(text);
}

function splitPlain(text: string, onRecord: (fields: string[]) => void): void {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    let end = newline === -1 ? text.length : newline;
    const next = end + 1;
    if (text[end - 1] === '\r' && end > start) end--;
    if (end > start) onRecord(text.slice(start, end).split(','));
    start = next;
  }
}

/**
 * Calls `onRecord` with the fields of every line that is not empty, the header included, as RFC 4180 has them.
 *
 * A file without a quote is split directly, which is eight times as fast as csv-parse (17 ms against 150 ms for
 * 3.2 MB); a test holds the two ways to the same records.
 *
 * @throws AppError `invalid_data` for quotes that do not close and for bytes that are no text.
 */
export function forEachCsvRecord(
  bytes: Uint8Array,
  file: string,
  onRecord: (fields: string[]) => void,
): void {
  const text = decodeText(bytes, file);
  if (isPlain(text)) return splitPlain(text, onRecord);
  let records = 0;
  try {
    parse(text, {
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (fields) => {
        records++;
        onRecord(fields);
        // Nothing is kept: the caller has taken what it needs.
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw dataFault({ file, row: Math.max(records, 1) }, `is not valid CSV: ${error.message}`, error);
  }
}
