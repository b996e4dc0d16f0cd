import { describe, expect, it } from 'vitest';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import { dropSparseRows, fillGaps, refuseEmptyCells } from './fill.js';

const nan = Number.NaN;

describe('empty cells', () => {
  it('are refused with their column, row and time', () => {
    expect(() => refuseEmptyCells(frameOf({ a: [1, 2, 3], b: [1, 2, nan] }))).toThrow(
      'column "b", row 3: (2024-01-01T00:02:00.000Z) is an empty cell, and handle_nans is off',
    );
    expect(() => refuseEmptyCells(frameOf({ a: [1, 2] }))).not.toThrow();
  });

  it('are filled without touching the values they came from', () => {
    const values = Float64Array.of(1, nan, 3);
    expect([...fillGaps(values, 9)]).toEqual([1, 9, 3]);
    expect(values[1]).toBeNaN();
    const full = Float64Array.of(1, 2);
    expect(fillGaps(full, 9)).toBe(full);
  });
});

describe('dropSparseRows', () => {
  // Three columns: ceil(3 · (1 - 0.33)) = ceil(2.01) = 3 values, ceil(3 · (1 - 0.4)) = 2 values.
  const frame = frameOf({ a: [1, 2, 3, nan], b: [1, nan, nan, nan], c: [1, 2, nan, nan] });

  it.each([
    [0, [1]],
    [0.33, [1]],
    [0.4, [1, 2]],
    [0.9, [1, 2, 3]],
    [1, [1, 2, 3, nan]],
  ])('with threshold %d keeps the rows with enough values', (threshold, kept) => {
    expect(columnOf(dropSparseRows(frame, threshold), 'a')).toEqual(kept);
  });

  it('takes the times along', () => {
    const sparse = frameOf({ a: [nan, 2, nan, 4] }, { start: 0, stepMs: 1 });
    expect([...dropSparseRows(sparse, 0.5).time]).toEqual([1, 3]);
  });

  it('does not ask for one value too many because a share is not exact in binary', () => {
    // 10 · (1 - 0.7) is 3.0000000000000004.
    const columns = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`c${i}`, [i < 3 ? 1 : nan]]));
    expect(dropSparseRows(frameOf(columns), 0.7).rows).toBe(1);
  });
});
