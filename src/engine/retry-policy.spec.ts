import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './retry-policy.js';

const shortest = () => 0;
const longest = () => 1;

describe('retryDelayMs', () => {
  it('doubles with every failure, up to a limit', () => {
    expect([1, 2, 3, 7, 30].map((failures) => retryDelayMs('infer', failures, longest))).toEqual([
      1_000, 2_000, 4_000, 60_000, 60_000,
    ]);
  });

  it('gives a training more time', () => {
    expect([1, 2, 30].map((failures) => retryDelayMs('train', failures, longest))).toEqual([
      2_000, 4_000, 120_000,
    ]);
  });

  it('spreads over the upper half, so that those who failed together do not come back together', () => {
    expect(retryDelayMs('infer', 3, shortest)).toBe(2_000);
    const drawn = new Set(Array.from({ length: 50 }, () => retryDelayMs('infer', 3)));
    expect(drawn.size).toBeGreaterThan(10);
  });

  it('takes a kind that it does not know for a short one', () => {
    expect(retryDelayMs('of another version', 1, longest)).toBe(1_000);
  });
});
