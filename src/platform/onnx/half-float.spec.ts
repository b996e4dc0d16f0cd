import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromHalfBits, halfOverflow, toHalfBits } from './half-float.js';

const infinity = 0x7c_00;
/** All halves that are not negative, in order: their bits are their places. */
const halves = Array.from({ length: infinity + 1 }, (_, bits) => fromHalfBits(bits));

it.each([
  [0, 0],
  [0x80_00, -0],
  [0x00_01, 2 ** -24],
  [0x03_ff, 1_023 * 2 ** -24],
  [0x04_00, 2 ** -14],
  [0x3c_00, 1],
  [0xc0_00, -2],
  [0x35_55, 0.333_251_953_125],
  [0x7b_ff, 65_504],
  [0x7c_00, Infinity],
  [0xfc_00, -Infinity],
  [0x7e_00, Number.NaN],
])('the bits %i stand for %d, and back', (bits, value) => {
  expect(fromHalfBits(bits)).toBe(value);
  expect(toHalfBits(value)).toBe(bits);
});

it('gives the bits of every half back', () => {
  halves.forEach((value, bits) => {
    if (toHalfBits(value) !== bits) expect.fail(`${value} becomes ${toHalfBits(value)}, not ${bits}`);
  });
});

it('rounds what lies halfway to even, and everything else to the nearest', () => {
  for (let bits = 0; bits < infinity - 1; bits++) {
    const middle = (halves[bits]! + halves[bits + 1]!) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    if (toHalfBits(middle) !== even) expect.fail(`${middle} becomes ${toHalfBits(middle)}, not ${even}`);
  }
  fc.assert(
    fc.property(fc.double({ min: 0, max: 65_504, noNaN: true }), (value) => {
      const above = halves.findIndex((half) => half >= value);
      const nearest = [Math.max(0, above - 1), above].reduce((a, b) =>
        Math.abs(halves[a]! - value) < Math.abs(halves[b]! - value) ? a : b,
      );
      expect(Math.abs(halves[toHalfBits(value)]! - value)).toBe(Math.abs(halves[nearest]! - value));
      // -0 is below 0.
      expect(toHalfBits(-value)).toBe(toHalfBits(value) | 0x80_00);
    }),
  );
});

it('overflows where the next half would be nearer than the largest', () => {
  expect(toHalfBits(65_519.999_999)).toBe(0x7b_ff);
  expect(toHalfBits(halfOverflow)).toBe(infinity);
  expect(toHalfBits(-1e300)).toBe(0xfc_00);
});
