import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import { resolveTargets } from './targets.js';

const nan = Number.NaN;
const frame = frameOf({ empty: [nan, nan, nan], down: [1, 2, 3], up: [4, nan, 5], flat: [7, nan, 7] });

describe('resolveTargets', () => {
  it('takes the first column that has a value', () => {
    expect(resolveTargets(frame, {})).toEqual(['down']);
  });

  it('takes a name or a list in its order', () => {
    expect(resolveTargets(frame, { targets: 'up' })).toEqual(['up']);
    expect(resolveTargets(frame, { targets: ['up', 'down'] })).toEqual(['up', 'down']);
  });

  it.each([
    [
      ['down', 'left', 'right'],
      'no column "left", "right" to forecast; the columns are "empty", "down", "up", "flat"',
    ],
    ['empty', 'column "empty": is a target and has no value in any train row'],
    ['flat', 'column "flat": is a target and is 7 in every train row: nothing can be learned from it'],
  ])('refuses %j', (targets, message) => {
    expect(() => resolveTargets(frame, { targets })).toThrow(message);
    expect(() => resolveTargets(frame, { targets })).toThrow(
      expect.objectContaining({ code: 'invalid_data' }),
    );
  });

  it('refuses the name that predictions give their time', () => {
    expect(() => resolveTargets(frameOf({ ts: [1, 2] }), {})).toThrow('column "ts": cannot be a target');
  });

  it('refuses a table without any value', () => {
    expect(() => resolveTargets(frameOf({ empty: [nan] }), {})).toThrow('no column has a value');
  });
});
