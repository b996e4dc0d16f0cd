import { expect, it } from 'vitest';
import { Identifier } from './identifier.js';

it.each(['run-001', 'a', '0', 'A._-', 'current.jsonx', 'x'.repeat(100)])('takes %s', (value) => {
  expect(Identifier.safeParse(value).success).toBe(true);
});

it.each(['', 'current.json', '.hidden', '-x', 'a/b', 'a b', 'a\n', 'é', 'x'.repeat(101), 7])(
  'refuses %j',
  (value) => {
    expect(Identifier.safeParse(value).success).toBe(false);
  },
);
