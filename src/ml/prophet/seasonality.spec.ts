import { describe, expect, it } from 'vitest';
import { chooseSeasonalities, type SeasonalityChoice } from './seasonality.js';

const [hour, day] = [3_600_000, 86_400_000];
const auto: SeasonalityChoice = { yearly: 'auto', weekly: 'auto', daily: 'auto' };

/** Names of what is chosen for rows `step` apart over `span`. */
function chosen(step: number, span: number, choice: Partial<SeasonalityChoice> = {}): string[] {
  const time = Float64Array.from({ length: span / step + 1 }, (_, row) => 1e12 + row * step);
  return chooseSeasonalities(time, { ...auto, ...choice }).map(({ name }) => name);
}

describe('seasonalities left to "auto"', () => {
  it.each([
    ['none from less than two days', hour, 2 * day - hour, []],
    ['daily from two days', hour, 2 * day, ['daily']],
    ['no daily from rows a day apart', day, 13 * day, []],
    ['no weekly from less than two weeks', hour, 14 * day - hour, ['daily']],
    ['weekly from two weeks', hour, 14 * day, ['weekly', 'daily']],
    ['weekly from rows a day apart', day, 14 * day, ['weekly']],
    ['no weekly from rows a week apart', 7 * day, 21 * day, []],
    ['no yearly from less than 730 days', day, 729 * day, ['weekly']],
    ['yearly from 730 days', day, 730 * day, ['yearly', 'weekly']],
    ['yearly from rows a week apart', 7 * day, 735 * day, ['yearly']],
    ['all three from two years of hours', 6 * hour, 730 * day, ['yearly', 'weekly', 'daily']],
  ])('are %s', (_, step, span, expected) => {
    expect(chosen(step, span)).toEqual(expected);
  });

  it('look at the smallest distance of two rows', () => {
    const time = Float64Array.of(0, 10 * day, 20 * day, 20.5 * day);
    expect(chooseSeasonalities(time, auto).map(({ name }) => name)).toEqual(['weekly', 'daily']);
  });
});

describe('seasonalities that were asked for', () => {
  it('are on or off whatever the length of the series', () => {
    expect(chosen(hour, day, { yearly: true, weekly: true, daily: true })).toEqual([
      'yearly',
      'weekly',
      'daily',
    ]);
    expect(chosen(6 * hour, 730 * day, { yearly: false, weekly: false, daily: false })).toEqual([]);
  });

  it("have Prophet's periods and orders", () => {
    const time = Float64Array.of(0, hour);
    expect(chooseSeasonalities(time, { yearly: true, weekly: true, daily: true })).toEqual([
      { name: 'yearly', period: 365.25, order: 10 },
      { name: 'weekly', period: 7, order: 3 },
      { name: 'daily', period: 1, order: 4 },
    ]);
  });
});
