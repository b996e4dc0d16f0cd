import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forEachCsvRecord } from './csv-records.js';

function records(text: string | Uint8Array): string[][] {
  const found: string[][] = [];
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  forEachCsvRecord(bytes, 'a.csv', (fields) => found.push(fields));
  return found;
}

describe('forEachCsvRecord', () => {
  it.each([
    ['LF', 'a,b\n1,2\n'],
    ['CR LF', 'a,b\r\n1,2\r\n'],
    ['CR', 'a,b\r1,2\r'],
    ['LF and CR LF together', 'a,b\r\n1,2\n'],
    ['no end of the last line', 'a,b\n1,2'],
    ['empty lines', '\n\na,b\n\n\r\n1,2\n\n'],
    ['a byte order mark', '\ufeffa,b\n1,2\n'],
    ['quotes', '"a","b"\n"1",2\n'],
    ['a byte order mark before quotes', '\ufeff"a",b\r\n1,2\r\n'],
  ])('reads a file with %s', (_what, text) => {
    expect(records(text)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  it('keeps commas, quotes and line breaks inside quotes', () => {
    expect(records('a,"b,""c""\nd"\n1,2')).toEqual([
      ['a', 'b,"c"\nd'],
      ['1', '2'],
    ]);
  });

  it('reads cp1252 where the bytes are not UTF-8', () => {
    expect(records(Uint8Array.from(Buffer.from('a,d\xe9bit,\x80\n1,2,3', 'latin1')))).toEqual([
      ['a', 'débit', '€'],
      ['1', '2', '3'],
    ]);
  });

  it('reads UTF-8 as UTF-8', () => {
    expect(records('débit,€')).toEqual([['débit', '€']]);
  });

  it.each([
    ['a quote that does not close', 'a,b\n1,2\n"3,4', /^a\.csv: row 2: is not valid CSV: /],
    ['a quote in the middle', 'a,b\n1,2"x"\n', /is not valid CSV/],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0), 'a.csv: is UTF-16'],
    ['a zero byte', Uint8Array.of(0x61, 0, 0x62), 'a.csv: is no CSV file'],
  ])('refuses %s', (_what, text, message) => {
    expect(() => records(text)).toThrow(message);
    expect(() => records(text)).toThrow(expect.objectContaining({ code: 'invalid_data' }));
  });

  it('lets an error of the reader through, whichever way the file is read', () => {
    const stop = new Error('stop');
    for (const text of ['a,b\n', '"a",b\n']) {
      expect(() =>
        forEachCsvRecord(new TextEncoder().encode(text), 'a.csv', () => {
          throw stop;
        }),
      ).toThrow(stop);
    }
  });

  it('gives the same records with the fast way and with csv-parse', () => {
    const field = fc.stringMatching(/^[a-z0-9 .:é-]{0,6}$/);
    const file = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
    fc.assert(
      fc.property(file, fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, newline, ended) => {
        const text = rows.map((row) => row.join(',')).join(newline) + (ended ? newline : '');
        // One quoted field at the end is enough to take the other way.
        const quoted = `${text}${ended || text === '' ? '' : newline}"end"`;
        expect(records(quoted)).toEqual([...records(text), ['end']]);
      }),
      { numRuns: 300 },
    );
  });
});
