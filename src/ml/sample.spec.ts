import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import { sampleRows } from './sample.js';

const frame = frameOf({ row: Array.from({ length: 100 }, (_, i) => i) });
const first = (rows: number, seed: number) =>
  columnOf(sampleRows(frame, { rows, strategy: 'random', seed }), 'row')[0] ?? Number.NaN;

describe('sampleRows', () => {
  it.each([0, 100, 101])('takes all rows for %d', (rows) => {
    expect(sampleRows(frame, { rows, strategy: 'random', seed: 1 })).toBe(frame);
  });

  it('takes the first rows for head', () => {
    expect(columnOf(sampleRows(frame, { rows: 3, strategy: 'head', seed: 1 }), 'row')).toEqual([0, 1, 2]);
  });

  it('takes one contiguous block for random', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 0, max: 0xff_ff_ff_ff }),
        (rows, seed) => {
          const block = columnOf(sampleRows(frame, { rows, strategy: 'random', seed }), 'row');
          const start = block[0] ?? Number.NaN;
          expect(block).toEqual(Array.from({ length: rows }, (_, i) => start + i));
        },
      ),
    );
  });

  it('takes the same block for the same seed and reaches every place with others', () => {
    expect(first(98, 7)).toBe(first(98, 7));
    const places = new Set(Array.from({ length: 60 }, (_, seed) => first(98, seed)));
    expect(places).toEqual(new Set([0, 1, 2]));
  });
});
