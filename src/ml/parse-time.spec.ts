import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime } from './parse-time.js';

const instant = fc.date({
  min: new Date('0000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

describe('parseTime', () => {
  it.each([
    ['2018-02-05 23:40:00', '2018-02-05T23:40:00Z'],
    ['2018-02-05T23:40', '2018-02-05T23:40:00Z'],
    ['2018-02-05', '2018-02-05T00:00:00Z'],
    ['2018/02/05', '2018-02-05T00:00:00Z'],
    ['2018/02/05 23:40', '2018-02-05T23:40:00Z'],
    ['2018/02/05 23:40:07', '2018-02-05T23:40:07Z'],
    ['2025-10-29 04:22:00+00:00', '2025-10-29T04:22:00Z'],
    ['2025-10-29T04:22:00+02:00', '2025-10-29T02:22:00Z'],
    ['2025-10-29T04:22-0530', '2025-10-29T09:52:00Z'],
    ['2025-10-29T04:22:00-05', '2025-10-29T09:22:00Z'],
    ['2025-10-29 04:22:59.999000+00:00', '2025-10-29T04:22:59.999Z'],
    ['2025-10-29 04:22:59.9', '2025-10-29T04:22:59.900Z'],
    ['2025-10-29 04:22:59.9999999', '2025-10-29T04:22:59.999Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2000-02-29', '2000-02-29T00:00:00Z'],
    ['0050-03-01', '0050-03-01T00:00:00Z'],
  ])('reads %s', (text, expected) => {
    expect(parseTime(text)).toBe(Date.parse(expected));
  });

  it.each([
    '',
    'now',
    '2018',
    '2018-02',
    '2018-2-5',
    '2023-02-30',
    '2023-02-29',
    '1900-02-29',
    '2023-04-31',
    '2023-13-01',
    '2023-00-01',
    '2023-01-00',
    '2023-01-01 24:00',
    '2023-01-01 23:60',
    '2023-01-01 23:59:60',
    '2023-01-01T',
    '2023-01-01 1:00',
    '2023-01-01 01',
    '2023-01-01 01:00:',
    '2023-01-01 01:00:00.',
    '2023-01-01 01:00:00.1234567890',
    '2023-01-01 01:00:00 UTC',
    '2023-01-01 01:00Zx',
    '2023-01-01 01:00+1',
    '2023-01-01 01:00+24:00',
    '2023-01-01 01:00+01:60',
    '2023-01-01 01:00+01:0',
    '2023-01/01',
    '2023/01-01',
    '2023/01/01T01:00',
    '2023/01/01 01:00Z',
    '01/02/2023',
    '1517874000',
    ' 2023-01-01',
    '2023-01-01 ',
    '+2023-01-01',
    '２０２３-01-01',
  ])('refuses %j', (text) => {
    expect(parseTime(text)).toBeNaN();
  });

  it('agrees with Date about every instant', () => {
    fc.assert(
      fc.property(instant, (date) => {
        expect(parseTime(date.toISOString())).toBe(date.getTime());
      }),
    );
  });

  it('agrees with Date about every zone', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -1439, max: 1439 }), (date, offset) => {
        const two = (n: number) => String(n).padStart(2, '0');
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
        const text = date.toISOString().replace('Z', zone);
        expect(parseTime(text)).toBe(Date.parse(text));
      }),
    );
  });

  it('takes only days that exist', () => {
    const part = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(part(9999), part(13), part(32), (year, month, day) => {
        const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
        const date = new Date(0);
        date.setUTCFullYear(year, month - 1, day);
        const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && month >= 1;
        expect(parseTime(text)).toEqual(exists ? date.getTime() : Number.NaN);
      }),
      { numRuns: 500 },
    );
  });
});
