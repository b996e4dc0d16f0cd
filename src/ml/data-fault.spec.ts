import { describe, expect, it } from 'vitest';
import { dataFault, quoteNames } from './data-fault.js';

describe('dataFault', () => {
  it('begins with the place and gives it once more on its own', () => {
    const error = dataFault({ file: 'a.csv', column: 'down', row: 17 }, '"x" is not a number');
    expect(error).toMatchObject({ code: 'invalid_data', where: 'a.csv, column "down", row 17' });
    expect(error.message).toBe('a.csv: column "down", row 17: "x" is not a number');
  });

  it('leaves out what it was not told, and keeps the cause', () => {
    const cause = new Error('why');
    expect(dataFault({ row: 0 }, 'is wrong', cause)).toMatchObject({ message: 'row 0: is wrong', cause });
    expect(dataFault({}, 'is wrong').where).toBeUndefined();
  });
});

it('quoteNames says how many more there are', () => {
  expect(quoteNames(['a', 'b'])).toBe('"a", "b"');
  expect(quoteNames(['a', 'b', 'c'], 2)).toBe('"a", "b" and 1 more');
});
