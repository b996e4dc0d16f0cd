import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestDifference } from '../../../test/factories/largest-difference.js';
import { libraryProphet, matchColumns } from '../../../test/factories/library-prophet.js';
import { combine, type FittedProphet, seasonalAt, trendAt } from './fitted-prophet.js';
import { chooseSeasonalities } from './seasonality.js';
import { stanInput } from './stan-data.js';

const hour = 3600;

describe('a fitted model', () => {
  it('forecasts what the library does with the same parameters', () => {
    fc.assert(
      fc.property(
        fc.record({
          growth: fc.constantFrom('linear', 'flat'),
          mode: fc.constantFrom('additive', 'multiplicative'),
        }),
        fc.integer({ min: 20, max: 400 }),
        // 730 days are no multiple of any: of a series that long to the hour, the library does not see the year.
        fc.constantFrom(hour, 31 * hour, 81 * hour),
        fc.integer({ min: 1, max: 1000 }),
        ({ growth, mode }, rows, step, seed) => {
          const noise = (i: number) => Math.sin(seed * (i + 1));
          const seconds = Array.from({ length: rows }, (_, row) => 1_500_000_000 + row * step);
          const values = seconds.map((_, row) => 1000 * noise(row));
          const auto = { yearly: 'auto', weekly: 'auto', daily: 'auto' } as const;
          const seasonalities = chooseSeasonalities(
            Float64Array.from(seconds, (s) => s * 1000),
            auto,
          );
          const settings = {
            growth,
            mode,
            nChangepoints: 5,
            changepointRange: 0.8,
            changepointPriorScale: 0.05,
            seasonalityPriorScale: 10,
            seasonalities,
          };
          const { data, start, span, yScale } = stanInput(seconds, values, settings);
          const [k, m] = [0.3, 0.4];
          const delta = data.t_change.map((_, i) => noise(i) / 3);
          const beta = data.sigmas.map((_, i) => noise(100 + i) / 3);
          const library = libraryProphet(
            seconds,
            values,
            { growth, seasonalityMode: mode, nChangepoints: 5 },
            (theirs) => {
              const place = matchColumns(data.X, theirs.X);
              const theirBeta = beta.map((_, i) => beta[place.indexOf(i)]!);
              return { k, m, delta, beta: theirBeta };
            },
          );
          const changepoints = data.t_change;
          // prettier-ignore
          const model: FittedProphet = { growth, mode, seasonalities, start, span, yScale, k, m, changepoints, delta, beta, sigma: 1 };
          const at = Array.from({ length: 50 }, (_, i) => start + Math.round((i / 25) * span));
          const ours = at.map((second) =>
            combine(model, trendAt(model, (second - start) / span), seasonalAt(model, second)),
          );
          const relative = (forecast: readonly number[]) => forecast.map((value) => value / yScale);
          expect(largestDifference(relative(ours), relative(library.predict(at)))).toBeLessThan(1e-9);
        },
      ),
      { numRuns: 60 },
    );
  });
});
