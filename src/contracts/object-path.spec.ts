import { expect, it } from 'vitest';
import { objectPath } from './object-path.js';

it.each(['PobleSec', 'a/b/c.csv', '..a', 'a..', 'données.csv', 'a b', '🚂'])('takes %s', (value) => {
  expect(objectPath(100).safeParse(value).success).toBe(true);
});

it.each([
  '',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  '../a',
  'a/../b',
  'a/./b',
  'a\\b',
  'a\0',
  'a\nb',
  '\ud83d',
  'x'.repeat(101),
  'é'.repeat(51),
])('refuses %j', (value) => {
  expect(objectPath(100).safeParse(value).success).toBe(false);
});
