import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factorCholesky, solveCholesky } from './cholesky.js';

describe('Cholesky', () => {
  it('factors a known matrix', () => {
    const matrix = Float64Array.of(4, 0, 0, 12, 37, 0, -16, -43, 98);
    expect(factorCholesky(matrix, 3)).toBe(true);
    expect([...matrix]).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3]);
  });

  it.each([
    ['negative', [1, 0, 2, 1]],
    ['singular', [1, 0, 1, 1]],
    ['not a number', [Number.NaN, 0, 0, 1]],
    ['infinite', [Infinity, 0, 0, 1]],
  ])('says when a matrix is not positive definite: %s', (_what, values) => {
    expect(factorCholesky(Float64Array.from(values), 2)).toBe(false);
  });

  it('solves what it factored', () => {
    const number = fc.double({ min: -10, max: 10, noNaN: true });
    const system = fc.integer({ min: 1, max: 6 }).chain((size) =>
      fc.record({
        size: fc.constant(size),
        root: fc.array(number, { minLength: size * size, maxLength: size * size }),
        solution: fc.array(number, { minLength: size, maxLength: size }),
      }),
    );
    fc.assert(
      fc.property(system, ({ size, root, solution }) => {
        const at = (i: number, j: number) => root[i * size + j] ?? 0;
        // R·Rᵀ + I is positive definite for every R.
        const matrix = Float64Array.from({ length: size * size }, (_, index) => {
          const [i, j] = [Math.floor(index / size), index % size];
          return solution.reduce((sum, _value, k) => sum + at(i, k) * at(j, k), i === j ? 1 : 0);
        });
        const b = Float64Array.from(solution, (_, i) =>
          solution.reduce((sum, value, j) => sum + (matrix[i * size + j] ?? 0) * value, 0),
        );
        expect(factorCholesky(matrix, size)).toBe(true);
        solveCholesky(matrix, size, b);
        expect([...b]).toEqual(solution.map((value) => expect.closeTo(value, 6)));
      }),
    );
  });
});
