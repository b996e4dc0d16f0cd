import fc from 'fast-check';
import { expect, it } from 'vitest';
import { accumulateLagProducts, type LagProducts, type Series } from './lag-products.js';

const rows = 30;
const series = (width: number) =>
  fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: rows * width, maxLength: rows * width })
    .map((values): Series => ({ values: Float64Array.from(values), width }));

/** The definition, term by term. */
function byDefinition({ x, y, xRow, yRow, count }: Omit<LagProducts, 'add'>, a: number, b: number): number[] {
  const sum = (c: number, d: number) =>
    Array.from({ length: count }, (_, i) => i).reduce(
      (total, i) =>
        total + (x.values[(xRow + a + i) * x.width + c] ?? 0) * (y.values[(yRow + b + i) * y.width + d] ?? 0),
      0,
    );
  return Array.from({ length: x.width * y.width }, (_, i) => sum(Math.floor(i / y.width), i % y.width));
}

it('gives each pair of offsets once, with the sums of its definition', () => {
  const job = fc.record({
    x: fc.integer({ min: 1, max: 3 }).chain(series),
    y: fc.integer({ min: 1, max: 3 }).chain(series),
    xRow: fc.integer({ min: 0, max: 5 }),
    yRow: fc.integer({ min: 0, max: 5 }),
    count: fc.integer({ min: 1, max: 18 }),
    xOffsets: fc.integer({ min: 1, max: 5 }),
    yOffsets: fc.integer({ min: 1, max: 5 }),
    upperOnly: fc.boolean(),
  });
  fc.assert(
    fc.property(job, (given) => {
      const blocks = new Map<string, number[]>();
      accumulateLagProducts({
        ...given,
        add: (a, b, block) => {
          expect(blocks.has(`${a},${b}`)).toBe(false);
          blocks.set(`${a},${b}`, [...block]);
        },
      });
      for (let a = 0; a < given.xOffsets; a++) {
        for (let b = 0; b < given.yOffsets; b++) {
          const expected = given.upperOnly && b < a ? undefined : byDefinition(given, a, b);
          expect(blocks.get(`${a},${b}`)?.map((value) => value + 0)).toEqual(
            expected?.map((value) => value + 0),
          );
        }
      }
    }),
  );
});
