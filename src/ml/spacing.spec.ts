import { describe, expect, it } from 'vitest';
import { measureSpacing } from './spacing.js';

/** Times with these distances between them, in minutes. */
function timesWith(steps: number[]): Float64Array {
  let time = Date.UTC(2024, 0, 1);
  return Float64Array.from([time, ...steps.map((step) => (time += step * 60_000))]);
}
const steps = (usual: number, others: number) => [
  ...Array.from({ length: usual }, () => 2),
  ...Array.from({ length: others }, (_, i) => i + 3),
];

describe('measureSpacing', () => {
  it('finds the most frequent step and its share', () => {
    expect(measureSpacing(timesWith([2, 2, 4, 2]))).toMatchObject({ stepMs: 120_000, share: 0.75 });
  });

  it('takes the smallest of equally frequent steps', () => {
    expect(measureSpacing(timesWith([5, 5, 2, 2])).stepMs).toBe(120_000);
    expect(measureSpacing(timesWith([2, 2, 5, 5])).stepMs).toBe(120_000);
  });

  it.each([
    [98, 2, null],
    [97, 3, /^irregular spacing: only 97\.0 % of the steps are the usual 120 s$/],
    [75, 25, /^irregular/],
    [74, 26, /^very irregular spacing: only 74\.0 %/],
  ])('with %d usual steps and %d others warns accordingly', (usual, others, warning) => {
    const measured = measureSpacing(timesWith(steps(usual, others))).warning;
    expect(measured).toEqual(warning === null ? null : expect.stringMatching(warning));
  });

  it.each([
    ['no row', []],
    ['one row', [1]],
    ['equal times', [5, 5, 5]],
  ])('refuses %s', (_what, times) => {
    expect(() => measureSpacing(Float64Array.from(times))).toThrow('no two different times');
  });
});
