import { expect, it } from 'vitest';
import { seldomWarning } from './seldom-warning.js';

function warnings() {
  const said: unknown[] = [];
  let now = 0;
  const log = { warn: (fields: object) => void said.push(fields) };
  const warn = seldomWarning(log, 'will be tried again', () => now);
  return { said, warn, pass: (ms: number) => (now += ms) };
}

it('says an error that comes again and again once in ten seconds, and how often it came', () => {
  const { said, warn, pass } = warnings();
  const away = new Error('away');
  for (let times = 0; times < 30; times++) {
    warn(away);
    pass(500);
  }
  expect(said).toEqual([{ err: away }, { err: away, met_since: 20 }]);
});

it('says every different error at once', () => {
  const { said, warn } = warnings();
  const errors = [new Error('away'), new Error('full'), 'no error at all'];
  for (const error of errors) warn(error);
  expect(said).toEqual(errors.map((err) => ({ err })));
});

it('remembers only so many', () => {
  const { said, warn } = warnings();
  const first = new Error('0');
  for (let number = 0; number < 101; number++) warn(number === 0 ? first : new Error(String(number)));
  warn(first);
  expect(said).toHaveLength(102);
});
