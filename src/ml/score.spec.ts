import { describe, expect, it } from 'vitest';
import { defaultScoreWeights } from '../contracts/score-weights.js';
import { pickWinner, score } from './score.js';

describe('score', () => {
  it('weighs rmse, mae and mse', () => {
    expect(score({ rmse: 0.04, mae: 0.02, mse: 0.0016 }, defaultScoreWeights)).toBeCloseTo(0.02632, 12);
    expect(score({ rmse: 1, mae: 2, mse: 3 }, { rmse: 0, mae: 10, mse: 0 })).toBe(20);
  });

  it.each([
    { rmse: null, mae: 1, mse: 1 },
    { rmse: 1, mae: null, mse: 1 },
    { rmse: 1, mae: 1, mse: null },
  ])('is null for %j, whatever the weights', (metrics) => {
    expect(score(metrics, defaultScoreWeights)).toBeNull();
    expect(score(metrics, { rmse: 0, mae: 0, mse: 0 })).toBeNull();
  });

  it('is null when it overflows', () => {
    expect(score({ rmse: 1e308, mae: 1e308, mse: 1 }, { rmse: 1, mae: 1, mse: 1 })).toBeNull();
  });
});

describe('pickWinner', () => {
  const candidate = (name: string, value: number | null, startedAt = 0) => ({
    name,
    score: value,
    startedAt,
  });

  it('picks the lowest score', () => {
    const list = [candidate('a', 3), candidate('b', 1), candidate('c', 2)];
    expect(pickWinner(list)?.name).toBe('b');
  });

  it('gives a tie to the newest run, wherever it stands', () => {
    const [old, recent] = [candidate('old', 1, 10), candidate('recent', 1, 20)];
    expect(pickWinner([old, recent])?.name).toBe('recent');
    expect(pickWinner([recent, old])?.name).toBe('recent');
    expect(pickWinner([candidate('a', 1, 5), candidate('b', 1, 5)])?.name).toBe('b');
  });

  it('never picks what has no score', () => {
    expect(pickWinner([candidate('a', null, 9), candidate('b', 7), candidate('c', null, 9)])?.name).toBe('b');
    expect(pickWinner([candidate('a', null)])).toBeNull();
    expect(pickWinner([])).toBeNull();
  });

  it('takes a score of 0 for the best there is', () => {
    expect(pickWinner([candidate('a', 0), candidate('b', 1)])?.name).toBe('a');
  });
});
