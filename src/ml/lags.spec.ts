import { describe, expect, it } from 'vitest';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import { addLags, lagNames, lagRows } from './lags.js';

const frame = frameOf({ a: [0, 1, 2, 3, 4], b: [10, 11, 12, 13, 14] }, { start: 0, stepMs: 1 });

describe('lags', () => {
  it('are named by their distance in rows, all columns of one distance together', () => {
    expect(lagNames(['a', 'b'], { n: 2, step: 3 })).toEqual([
      'a',
      'b',
      'a_lag(-3)',
      'b_lag(-3)',
      'a_lag(-6)',
      'b_lag(-6)',
    ]);
  });

  it('hold the values of earlier rows and cost the first n·step rows', () => {
    const lags = { n: 2, step: 2 };
    const lagged = addLags(frame, lags);
    expect(lagged.columns.map(({ name }) => name)).toEqual(lagNames(['a', 'b'], lags));
    expect(lagged.rows).toBe(5 - lagRows(lags));
    expect([...lagged.time]).toEqual([4]);
    expect(columnOf(lagged, 'b')).toEqual([14]);
    expect(columnOf(lagged, 'b_lag(-2)')).toEqual([12]);
    expect(columnOf(lagged, 'a_lag(-4)')).toEqual([0]);
  });

  it('agree with the column n rows before, for every row', () => {
    const lagged = addLags(frame, { n: 3, step: 1 });
    expect(columnOf(lagged, 'a')).toEqual([3, 4]);
    expect(columnOf(lagged, 'a_lag(-1)')).toEqual([2, 3]);
    expect(columnOf(lagged, 'a_lag(-3)')).toEqual([0, 1]);
  });

  it('change nothing when there are none', () => {
    expect(addLags(frame, { n: 0, step: 1 })).toEqual(frame);
  });

  it.each([5, 9])('leave no row of a frame that is not longer than %d rows', (n) => {
    expect(addLags(frame, { n, step: 1 }).rows).toBe(0);
  });
});
