import { describe, expect, it } from 'vitest';
import { frameOf } from '../../../test/factories/frame.js';
import { forecastNaive } from './naive.js';

const nan = Number.NaN;
const frame = frameOf({ down: [nan, 1, nan, nan, 4, 5], up: [10, 11, 12, 13, 14, 15] });

describe('NAIVE', () => {
  it('repeats the last value before the origin over the horizon, target by target', () => {
    const options = { frame, targets: ['up', 'down'], horizon: 2, fills: [0, 0] };
    expect([...forecastNaive({ ...options, origins: Int32Array.of(2, 5) })]).toEqual([
      11, 1, 11, 1, 14, 4, 14, 4,
    ]);
  });

  it('goes back past empty cells, and to the fill value where nothing is known', () => {
    const options = { frame, targets: ['down'], horizon: 1, fills: [-1] };
    expect([...forecastNaive({ ...options, origins: Int32Array.of(0, 1, 3, 4, 5) })]).toEqual([
      -1, -1, 1, 1, 4,
    ]);
  });
});
