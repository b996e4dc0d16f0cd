import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fittedProphet } from '../../../test/factories/fitted-prophet.js';
import { largestDifference } from '../../../test/factories/largest-difference.js';
import { runOnnx } from '../../../test/factories/run-onnx.js';
import { combine, type FittedProphet, seasonalAt, trendAt } from '../prophet/fitted-prophet.js';
import type { Seasonality } from '../prophet/seasonality.js';
import { prophetModel } from './prophet-model.js';

const seasonalities: Seasonality[] = [
  { name: 'yearly', period: 365.25, order: 10 },
  { name: 'weekly', period: 7, order: 3 },
  { name: 'daily', period: 1, order: 4 },
];

/** A model with coefficients from a seed. */
const models = fc
  .record({
    growth: fc.constantFrom('linear', 'flat'),
    mode: fc.constantFrom('additive', 'multiplicative'),
    seasonalities: fc.subarray(seasonalities),
    bends: fc.integer({ min: 0, max: 5 }),
    yScale: fc.constantFrom(1e-6, 1, 1e9),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ bends, seed, ...given }): FittedProphet => {
    const some = (length: number, first: number) =>
      Array.from({ length }, (_, i) => Math.sin(seed * (first + i)));
    const terms = given.seasonalities.reduce((sum, { order }) => sum + 2 * order, 0);
    return fittedProphet({
      ...given,
      k: Math.sin(seed),
      m: Math.cos(seed),
      changepoints: some(bends, 10).map((value) => (value + 1) / 2),
      delta: some(bends, 20),
      beta: some(Math.max(terms, 1), 30),
    });
  });

/**
 * ONNX Runtime takes a factor that float32 rounds to 1 for 1 and leaves the product out, also of float64: a relative
 * error of 6e-8 at most, which nobody will see, but larger than what is looked for here.
 */
const survivesOptimising = ({ k, m, delta }: FittedProphet) =>
  [k, m, ...delta].every((factor) => Math.fround(factor) !== 1);

/** What a model forecasts at epoch milliseconds, in units of yScale. */
function forecastAt(model: FittedProphet, ms: number): number {
  const trend = trendAt(model, (ms / 1000 - model.start) / model.span);
  return combine(model, trend, seasonalAt(model, ms / 1000)) / model.yScale;
}

describe('an exported Prophet', () => {
  it('forecasts what trend and season are at the steps after the last row, target by target', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(models.filter(survivesOptimising), { minLength: 1, maxLength: 3 }),
        fc.array(fc.integer({ min: Date.UTC(2023, 11, 1), max: Date.UTC(2026, 0, 1) }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.constantFrom(1, 60_000, 90_061_007),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (targets, lasts, stepMs, horizon, rows) => {
          const model = prophetModel(targets, { stepMs, horizon, columnCount: 2 });
          const time = lasts.flatMap((last) =>
            Array.from({ length: rows }, (_, row) => last + row - rows + 1),
          );
          const { forecast } = await runOnnx(model, {
            time: { values: BigInt64Array.from(time, BigInt), dims: [lasts.length, rows] },
            columns: {
              values: new Float64Array(time.length * 2).fill(Number.NaN),
              dims: [lasts.length, rows, 2],
            },
          });
          const steps = Array.from({ length: horizon }, (_, step) => (step + 1) * stepMs);
          const expected = lasts.flatMap((last) =>
            steps.flatMap((step) => targets.map((target) => forecastAt(target, last + step))),
          );
          const actual = (forecast ?? []).map((value, i) => value / targets[i % targets.length]!.yScale);
          expect(largestDifference(actual, expected)).toBeLessThan(1e-9);
        },
      ),
      { numRuns: 100 },
    );
  });
});
