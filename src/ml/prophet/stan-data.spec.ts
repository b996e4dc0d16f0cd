import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestDifference } from '../../../test/factories/largest-difference.js';
import { libraryProphet, matchColumns } from '../../../test/factories/library-prophet.js';
import { chooseSeasonalities } from './seasonality.js';
import { type ProphetSettings, stanInput } from './stan-data.js';

const [minute, hour, day] = [60, 3600, 86_400];

const series = fc
  .record({
    start: fc.integer({ min: -(10 ** 9), max: 2 * 10 ** 9 }),
    step: fc.constantFrom(1, minute, hour, 6 * hour, day, 7 * day, 10 * day, 30 * day),
    gaps: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 60 }),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ start, step, gaps, seed }) => {
    let at = start;
    const seconds = [start, ...gaps.map((gap) => (at += gap * step))];
    const values = seconds.map((_, row) => 100 * Math.sin(seed * (row + 1)) + row);
    return { seconds, values };
  });

const settings = fc.record({
  growth: fc.constantFrom('linear', 'flat'),
  mode: fc.constantFrom('additive', 'multiplicative'),
  nChangepoints: fc.integer({ min: 0, max: 40 }),
  changepointRange: fc.constantFrom(0.1, 0.5, 0.8, 1),
  changepointPriorScale: fc.constantFrom(0.05, 0.5),
  seasonalityPriorScale: fc.constantFrom(10, 0.1),
});

/** Whether a change point lies exactly between two rows: the library then takes the later one, Prophet the even one. */
function hasTies(
  rows: number,
  { nChangepoints, changepointRange }: Pick<ProphetSettings, 'nChangepoints' | 'changepointRange'>,
): boolean {
  const last = Math.floor(rows * changepointRange) - 1;
  const count = Math.min(nChangepoints, last);
  return Array.from({ length: Math.max(count, 0) }, (_, i) => ((i + 1) * last) / count).some(
    (place) => place % 1 === 0.5,
  );
}

describe('what Stan is given', () => {
  it('is what the library prepares from the same series and settings', () => {
    fc.assert(
      fc.property(series, settings, ({ seconds, values }, { mode, ...given }) => {
        const time = Float64Array.from(seconds, (second) => second * 1000);
        const seasonalities = chooseSeasonalities(time, { yearly: 'auto', weekly: 'auto', daily: 'auto' });
        // Without one the library gives its column of zeros other factors, which nothing depends on.
        fc.pre(seasonalities.length > 0 && !hasTies(seconds.length, given));
        const theirs = libraryProphet(seconds, values, { ...given, seasonalityMode: mode });
        const { data, initial } = stanInput(seconds, values, { ...given, mode, seasonalities });

        const { y, t, t_change, X, ...rest } = data;
        const { y: theirY, t: theirT, t_change: theirChange, X: theirX, ...theirRest } = theirs.data;
        expect(rest).toEqual(theirRest);
        expect(largestDifference(y, theirY)).toBeLessThan(1e-12);
        expect(largestDifference(t, theirT)).toBeLessThan(1e-12);
        expect(largestDifference(t_change, theirChange)).toBeLessThan(1e-12);
        expect(matchColumns(X, theirX)).toHaveLength(theirs.data.K);

        expect(initial.k).toBeCloseTo(theirs.initial.k, 12);
        expect(initial.m).toBeCloseTo(theirs.initial.m, 12);
        expect(initial.sigmaObs).toBe(theirs.initial.sigmaObs);
        expect(initial.delta).toEqual(theirs.initial.delta);
        expect(initial.beta).toEqual(theirs.initial.beta);
      }),
      { numRuns: 200 },
    );
  });

  const plain: ProphetSettings = {
    growth: 'linear',
    mode: 'additive',
    nChangepoints: 2,
    changepointRange: 1,
    changepointPriorScale: 0.05,
    seasonalityPriorScale: 10,
    seasonalities: [],
  };

  it('rounds change points to rows as numpy does, halves to the even one', () => {
    const rows = [0, 1, 2, 3, 4, 5, 6];
    const { data } = stanInput(rows, rows, { ...plain, nChangepoints: 4 });
    // numpy.linspace(0, 6, 5) is 0, 1.5, 3, 4.5, 6.
    expect(data.t_change.map((t) => Math.round(t * 6))).toEqual([2, 3, 4, 6]);
  });

  it('has one change point, at the beginning, when there is room for none', () => {
    expect(stanInput([0, 1, 2], [1, 2, 3], { ...plain, changepointRange: 0.5 }).data).toMatchObject({
      S: 1,
      t_change: [0],
    });
    expect(stanInput([0, 1, 2], [1, 2, 3], { ...plain, nChangepoints: 0 }).data.t_change).toEqual([0]);
  });

  it('has a column of zeros when there is no seasonality, because the program needs one', () => {
    const { data } = stanInput([0, 1, 2], [1, 2, 3], plain);
    expect(data).toMatchObject({ K: 1, X: [[0], [0], [0]], sigmas: [10], s_a: [1], s_m: [0] });
  });

  it('keeps a series of zeros as it is', () => {
    const { data, yScale } = stanInput([0, 1, 2], [0, 0, 0], plain);
    expect(data.y).toEqual([0, 0, 0]);
    expect(yScale).toBe(1);
  });
});
