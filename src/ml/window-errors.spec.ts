import { expect, it } from 'vitest';
import { windowErrors } from './window-errors.js';

it('sums the scaled errors of each window over its horizon and its targets', () => {
  // Two windows of two steps and two targets; the scales are 1 and 10.
  const predicted = Float64Array.of(1, 10, 2, 20, 5, 50, 6, 60);
  const truth = Float64Array.of(1, 20, 4, 20, 5, 50, 6, 60);
  const { absolute, square, values } = windowErrors(predicted, truth, [1, 10], 2);
  expect([[...absolute], [...square], values]).toEqual([[0 + 1 + 2 + 0, 0], [1 + 4, 0], 4]);
});
