import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Series } from './lag-products.js';
import { normalEquations } from './normal-equations.js';

const rows = 24;
const series = (width: number) =>
  fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: rows * width, maxLength: rows * width })
    .map((values): Series => ({ values: Float64Array.from(values), width }));

const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const cross = (a: number[], b: number[]) =>
  a.reduce((sum, value, i) => sum + (value - meanOf(a)) * ((b[i] ?? Number.NaN) - meanOf(b)), 0);

it('are those of the windows written out one by one, whatever gaps lie between the origins', () => {
  const job = fc
    .record({
      window: fc.integer({ min: 1, max: 4 }),
      horizon: fc.integer({ min: 1, max: 3 }),
      x: fc.integer({ min: 1, max: 2 }).chain(series),
      y: fc.integer({ min: 1, max: 2 }).chain(series),
      kept: fc.array(fc.boolean(), { minLength: rows, maxLength: rows }),
    })
    .map(({ kept, window, horizon, x, y }) => {
      const fits = (row: number) => kept[row] === true && row >= window && row + horizon <= rows;
      return { window, horizon, x, y, origins: Int32Array.from(kept.keys()).filter(fits) };
    })
    .filter(({ origins }) => origins.length > 0);
  fc.assert(
    fc.property(job, ({ x, y, origins, window, horizon }) => {
      const column = (from: Series, first: number, i: number) =>
        Array.from(origins, (origin) => from.values[(origin + first) * from.width + i] ?? Number.NaN);
      const features = Array.from({ length: window * x.width }, (_, i) => column(x, -window, i));
      const outputs = Array.from({ length: horizon * y.width }, (_, i) => column(y, 0, i));
      const close = (values: number[]) => values.map((value) => expect.closeTo(value, 8));
      const equations = normalEquations(x, y, origins, window, horizon);
      for (const [i, feature] of features.entries()) {
        const lower = equations.gram.subarray(i * features.length, i * features.length + i + 1);
        expect([...lower]).toEqual(close(features.slice(0, i + 1).map((other) => cross(feature, other))));
      }
      for (const [i, output] of outputs.entries()) {
        expect([...(equations.cross[i] ?? [])]).toEqual(
          close(features.map((feature) => cross(feature, output))),
        );
      }
      expect([...equations.featureMeans]).toEqual(close(features.map(meanOf)));
      expect([...equations.outputMeans]).toEqual(close(outputs.map(meanOf)));
    }),
  );
});
