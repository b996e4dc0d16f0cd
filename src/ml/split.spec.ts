import { expect, it } from 'vitest';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import { splitByTime } from './split.js';

it('trains on the first rows and holds out the rest', () => {
  const { train, test } = splitByTime(frameOf({ a: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }), 0.8);
  expect(columnOf(train, 'a')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(columnOf(test, 'a')).toEqual([8, 9]);
});

it('is not thrown off by a share that is not exact in binary', () => {
  // 0.29 · 100 is 28.999999999999996.
  expect(splitByTime(frameOf({ a: new Float64Array(100) }), 0.29).train.rows).toBe(29);
});
