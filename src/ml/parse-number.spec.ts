import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseNumber } from './parse-number.js';

it.each([
  ['12', 12],
  ['-0.5', -0.5],
  ['+3', 3],
  ['.5', 0.5],
  ['5.', 5],
  ['1e3', 1000],
  [' 7 ', 7],
  ['0', 0],
  ['0.000', 0],
  ['535846.83867820', 535_846.838_678_2],
  ['1e-400', 0],
  ['1e999', Infinity],
  ['-inf', -Infinity],
  ['Infinity', Infinity],
])('reads %j', (text, value) => {
  expect(parseNumber(text)).toBe(value);
});

it.each(['', ' ', 'NaN', 'nan', 'null', 'NA', ' NA '])('takes %j for empty', (text) => {
  expect(parseNumber(text)).toBeNaN();
});

it.each([
  'x',
  '1,5',
  '1_000',
  '0x1f',
  '0X0',
  '0b1',
  '0o0',
  '1 2',
  'true',
  '12px',
  '--1',
  '1e',
  'None',
  '1-2',
])('refuses %j', (text) => {
  expect(parseNumber(text)).toBeNull();
});

it('reads every double back from its text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      // `String(-0)` is "0".
      expect(parseNumber(String(value))).toBe(value + 0);
    }),
  );
});
