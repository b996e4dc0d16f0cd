import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../contracts/app-error.js';
import { columnOf } from '../../test/factories/frame.js';
import { makeFrame } from './frame.js';
import { parseCsv, type ParseCsvOptions } from './parse-csv.js';

const parse = (text: string, options: Partial<ParseCsvOptions> = {}) =>
  parseCsv(new TextEncoder().encode(text), { file: 'a.csv', ...options });

function fault(text: string, options: Partial<ParseCsvOptions> = {}): AppError {
  try {
    parse(text, options);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the file was taken');
}

describe('parseCsv', () => {
  it('reads times and columns in the order of the file', () => {
    const frame = parse('up,time,down\n1.5,2018-02-05 23:40:00,2\n3,2018-02-05 23:42:00,4e2\n');
    expect([...frame.time]).toEqual([Date.UTC(2018, 1, 5, 23, 40), Date.UTC(2018, 1, 5, 23, 42)]);
    expect(frame.columns.map(({ name }) => name)).toEqual(['up', 'down']);
    expect(columnOf(frame, 'down')).toEqual([2, 400]);
  });

  it.each(['time', 'timestamp', 'ts', 'date'])('takes %s for the time column', (name) => {
    expect(parse(`x,${name}\n1,2024-01-01\n`).rows).toBe(1);
  });

  it('prefers the column that index_col names', () => {
    const frame = parse('open_time,x\n2024-01-02,1\n', { indexCol: 'open_time' });
    expect([...frame.time]).toEqual([Date.UTC(2024, 0, 2)]);
  });

  it('makes empty cells NaN', () => {
    expect(columnOf(parse('time,x,y\n2024-01-01,,1\n2024-01-02,NaN,1\n2024-01-03, ,1\n'), 'x')).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });

  it('sorts rows by time', () => {
    const frame = parse('time,x\n2024-01-03,3\n2024-01-01,1\n2024-01-02,2\n');
    expect(columnOf(frame, 'x')).toEqual([1, 2, 3]);
    expect([...frame.time]).toEqual([...frame.time].sort((a, b) => a - b));
  });

  it('uses only the columns asked for, in the order of the file', () => {
    const frame = parse('time,a,symbol,b,\n2024-01-01,1,BTC,2,x\n', { columns: ['b', 'a'] });
    expect(frame.columns.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(parse('time,a,,\n2024-01-01,1,x,y\n', { columns: ['a'] }).rows).toBe(1);
  });

  it.each([
    ['an empty file', '', 'a.csv: is empty'],
    ['a file of empty lines', '\n\n', 'a.csv: is empty'],
    ['a header alone', 'time,x\n', 'a.csv: has a header and no rows'],
    ['no header', '2024-01-01,5\n2024-01-02,6\n', 'a.csv: has no header: its first line holds data'],
    ['no time column', 'when,x\n2024-01-01,1\n', /no time column .*its columns are "when", "x"$/],
    [
      'a time that is none',
      'time,x\n2024-01-01,1\n2024-02-30,1\n',
      /^a\.csv: column "time", row 2: "2024-02-30" is not a/,
    ],
    ['an empty time', 'time,x\n,1\n', 'a.csv: column "time", row 1: "" is not a time'],
    [
      'text in a column',
      'time,symbol\n2024-01-01,BTCUSDT\n',
      'a.csv: column "symbol", row 1: "BTCUSDT" is not a number; leave the column out with the parameter columns',
    ],
    [
      'an infinite value',
      'time,x\n2024-01-01,1\n2024-01-02,-inf\n',
      'a.csv: column "x", row 2: "-inf" is infinite',
    ],
    [
      'a value beyond a double',
      'time,x\n2024-01-01,1e999\n',
      'a.csv: column "x", row 1: "1e999" is infinite',
    ],
    [
      'a short row',
      'time,x,y\n2024-01-01,1,2\n2024-01-02,1\n',
      'a.csv: row 2: has 2 fields, the header has 3',
    ],
    ['a long row', 'time,x\n2024-01-01,1,2\n', 'a.csv: row 1: has 3 fields, the header has 2'],
    ['a column twice', 'time,x,x\n2024-01-01,1,2\n', 'a.csv: column "x": stands in the header twice'],
    [
      'a time twice',
      'time,x\n2024-01-02,1\n2024-01-01,1\n2024-01-02,1\n',
      /row 3: has the same time as row 1: 2024-01-02T/,
    ],
    ['no columns', 'time\n2024-01-01\n', 'a.csv: has no numeric columns'],
    [
      'columns without a value',
      'time,x\n2024-01-01,\n',
      'a.csv: has no numeric columns: every data cell is empty',
    ],
    ['a column without a name', 'time,x,\n2024-01-01,1,2\n', 'a.csv: column 3 has no name'],
  ])('refuses %s and says where', (_what, text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(fault(text)).toMatchObject({
      code: 'invalid_data',
      permanent: true,
      where: expect.stringMatching(/^a\.csv/),
    });
  });

  it('refuses columns and a time column that are not there, naming those that are', () => {
    expect(fault('time,x\n2024-01-01,1\n', { columns: ['x', 'y'] }).message).toMatch(
      /no "y" .*they are "x"$/,
    );
    expect(fault('time,x\n2024-01-01,1\n', { indexCol: 'ts' }).message).toMatch(
      /no column "ts".*are "time", "x"$/,
    );
    expect(fault('time,x\n2024-01-01,1\n', { columns: ['time'] }).message).toMatch(
      /no "time" among its data columns/,
    );
  });

  it('refuses a data column named time beside another time column', () => {
    expect(fault('time,ts,x\n1,2024-01-01,1\n', { indexCol: 'ts' }).message).toMatch(
      /column "time": cannot be/,
    );
  });

  it('cuts long cells in errors', () => {
    expect(fault(`time,x\n2024-01-01,${'y'.repeat(5000)}\n`).message.length).toBeLessThan(200);
  });

  it('reads back what was written', () => {
    const cell = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constant(Number.NaN));
    const table = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.uniqueArray(fc.nat(4e12), { minLength: 1, maxLength: 20 }))
      .chain(([width, times]) =>
        fc.record({
          times: fc.constant(times.sort((a, b) => a - b)),
          rows: fc.array(fc.tuple(...Array.from({ length: width }, () => cell)), {
            minLength: times.length,
            maxLength: times.length,
          }),
          quote: fc.constantFrom('', '"'),
          newline: fc.constantFrom('\n', '\r\n'),
        }),
      )
      .filter(({ rows }) => rows.flat().some((value) => !Number.isNaN(value)));
    fc.assert(
      fc.property(table, ({ times, rows, quote, newline }) => {
        const names = rows[0]?.map((_, i) => `c${i}`) ?? [];
        const write = (values: string[]) => values.map((value) => `${quote}${value}${quote}`).join(',');
        const text = [
          write(['time', ...names]),
          ...rows.map((row, i) =>
            write([
              new Date(times[i] ?? 0).toISOString(),
              ...row.map((value) => (Number.isNaN(value) ? '' : String(value))),
            ]),
          ),
        ].join(newline);
        const expected = makeFrame(
          Float64Array.from(times),
          // Text has no sign on a zero.
          names.map((name, c) => ({ name, values: Float64Array.from(rows, (row) => (row[c] ?? 0) + 0) })),
        );
        expect(parse(text)).toEqual(expected);
      }),
    );
  });
});
