import { describe, expect, it } from 'vitest';
import { fromFloat16, toFloat16 } from './float16.js';

describe('half-precision numbers', () => {
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -14 - 2 ** -24, 0x03ff],
    [1 / 3, 0x3555],
    [Infinity, 0x7c00],
    [-Infinity, 0xfc00],
  ])('writes %d as IEEE 754 does', (value, bits) => {
    expect(toFloat16(value)).toBe(bits);
  });

  it('reads back every one of them as it was written', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromFloat16(bits);
      if (Number.isNaN(value)) expect(toFloat16(value) & 0x7c00).toBe(0x7c00);
      else if (toFloat16(value) !== bits) expect.fail(`${bits.toString(16)} is ${value}`);
    }
  });

  it('takes the nearest, and of two equally near ones the even', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [fromFloat16(bits), fromFloat16(bits + 1)];
      const middle = (low + high) / 2;
      const rounded = [middle - (high - low) / 1e6, middle, middle + (high - low) / 1e6].map(toFloat16);
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (rounded.join() !== [bits, even, bits + 1].join())
        expect.fail(`${low} to ${high}: ${rounded.join()}`);
    }
  });

  it('is infinite from halfway to the next power of two on', () => {
    expect(toFloat16(65_519.99)).toBe(0x7bff);
    expect(toFloat16(65_520)).toBe(0x7c00);
    expect(toFloat16(-1e300)).toBe(0xfc00);
  });

  it('keeps what is no number', () => {
    expect(fromFloat16(toFloat16(Number.NaN))).toBeNaN();
  });
});
