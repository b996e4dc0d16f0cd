import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import { makeFrame, pickColumns, sliceRows, sortByTime, timeOrder } from './frame.js';

describe('frame', () => {
  it('refuses columns that are not as long as time', () => {
    expect(() => makeFrame(new Float64Array(2), [{ name: 'down', values: new Float64Array(3) }])).toThrow(
      'column "down" has 3 rows, time has 2',
    );
  });

  it('slices rows of time and columns alike', () => {
    const slice = sliceRows(frameOf({ down: [1, 2, 3, 4] }, { start: 0, stepMs: 10 }), 1, 3);
    expect(slice.rows).toBe(2);
    expect([...slice.time]).toEqual([10, 20]);
    expect(columnOf(slice, 'down')).toEqual([2, 3]);
  });

  it('picks columns in the order asked for and names all that are missing', () => {
    const frame = frameOf({ a: [1], b: [2], c: [3] });
    expect(pickColumns(frame, ['c', 'a']).map(({ name }) => name)).toEqual(['c', 'a']);
    expect(() => pickColumns(frame, ['x', 'a', 'y'])).toThrow('Missing required feature columns: x, y');
  });

  it('leaves rows that are in order alone', () => {
    const frame = frameOf({ a: [1, 2] });
    expect(timeOrder(frame.time)).toBeNull();
    expect(sortByTime(frame)).toBe(frame);
  });

  it('sorts whole rows by time and keeps the order of equal times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 }), (times) => {
        const frame = makeFrame(Float64Array.from(times), [
          { name: 'position', values: Float64Array.from(times.keys()) },
        ]);
        const sorted = sortByTime(frame);
        const expected = times.map((time, i) => [time, i] as const).sort(([a], [b]) => a - b);
        expect([...sorted.time]).toEqual(expected.map(([time]) => time));
        expect(columnOf(sorted, 'position')).toEqual(expected.map(([, i]) => i));
      }),
    );
  });
});
