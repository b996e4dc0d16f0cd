import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClocks, timeFeatureNames, timeFeatures } from './time-features.js';

describe('time features', () => {
  it('stand in the order of the contract', () => {
    expect(timeFeatureNames).toEqual([
      'min_of_day_sin',
      'min_of_day_cos',
      'day_of_week_sin',
      'day_of_week_cos',
      'day_of_year_sin',
      'day_of_year_cos',
    ]);
  });

  it.each([
    ['2024-01-01T00:00:00Z', [0, 0, 1]],
    ['2024-12-31T23:59:59.999Z', [1439, 1, 366]],
    ['2023-12-31T12:30:59Z', [750, 6, 365]],
    ['1970-01-01T00:01:00Z', [1, 3, 1]],
    ['1969-12-31T23:59:59Z', [1439, 2, 365]],
    ['0001-03-01T00:00:00Z', [0, 3, 60]],
  ])('read the clocks at %s', (text, expected) => {
    expect(readClocks(Date.parse(text))).toEqual(expected);
  });

  it('agree with Date at every instant', () => {
    const instant = fc.date({
      min: new Date('0000-01-01'),
      max: new Date('9999-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instant, (date) => {
        const first = new Date(date.getTime());
        first.setUTCMonth(0, 1);
        first.setUTCHours(0, 0, 0, 0);
        expect(readClocks(date.getTime())).toEqual([
          date.getUTCHours() * 60 + date.getUTCMinutes(),
          (date.getUTCDay() + 6) % 7,
          Math.floor((date.getTime() - first.getTime()) / 86_400_000) + 1,
        ]);
      }),
    );
  });

  it('are sine and cosine of the share of the period that is over', () => {
    const columns = timeFeatures(Float64Array.of(Date.parse('2024-01-02T06:00:00Z')));
    const at = (angle: number) => [Math.sin(angle), Math.cos(angle)];
    const expected = [...at(Math.PI / 2), ...at((2 * Math.PI) / 7), ...at((2 * Math.PI * 2) / 365.25)];
    expect(columns.map(({ values }) => values[0])).toEqual(
      expected.map((value) => expect.closeTo(value, 14)),
    );
  });
});
