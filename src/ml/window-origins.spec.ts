import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import { windowOrigins, windowTruth } from './window-origins.js';

const nan = Number.NaN;

describe('windowOrigins', () => {
  it('begins where enough rows lie before and ends where the horizon does', () => {
    const frame = frameOf({ down: [0, 1, 2, 3, 4, 5] });
    expect([...windowOrigins(frame, ['down'], 2, 1)]).toEqual([2, 3, 4, 5]);
    expect([...windowOrigins(frame, ['down'], 2, 3)]).toEqual([2, 3]);
    expect([...windowOrigins(frame, ['down'], 3, 4)]).toEqual([]);
  });

  it('does not mind empty cells before the origin', () => {
    expect([...windowOrigins(frameOf({ down: [nan, nan, 2, 3] }), ['down'], 2, 1)]).toEqual([2, 3]);
  });

  it('lists exactly the origins whose targets are all there', () => {
    const cells = fc.array(fc.constantFrom(1, 2, nan), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        cells,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (down, rowsNeeded, horizon) => {
          const up = down.map((_, i) => (i % 7 === 3 ? nan : i));
          const frame = frameOf({ up, other: down.map(() => nan), down });
          const complete = (origin: number) =>
            Array.from({ length: horizon }, (_, step) => origin + step).every(
              (row) => row < down.length && !Number.isNaN(down[row]) && !Number.isNaN(up[row]),
            );
          const expected = down.map((_, i) => i).filter((i) => i >= rowsNeeded && complete(i));
          const origins = windowOrigins(frame, ['down', 'up'], rowsNeeded, horizon);
          expect([...origins]).toEqual(expected);
          expect(windowTruth(frame, ['down', 'up'], origins, horizon).some(Number.isNaN)).toBe(false);
        },
      ),
    );
  });
});

describe('windowTruth', () => {
  it('is laid out by origin, step, target', () => {
    const frame = frameOf({ down: [0, 1, 2, 3], up: [10, 11, 12, 13] });
    expect([...windowTruth(frame, ['up', 'down'], Int32Array.of(1, 2), 2)]).toEqual([
      11, 1, 12, 2, 12, 2, 13, 3,
    ]);
  });
});
