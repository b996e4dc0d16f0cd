import { describe, expect, it } from 'vitest';
import { briefValues, longestList, longestText } from './brief-values.js';

describe('what an audit entry keeps of values', () => {
  it('is all of them when they are short', () => {
    const values = { a: [1, null, true, { b: 'x' }], c: 'x'.repeat(longestText), d: {}, e: [] };
    expect(briefValues(values)).toEqual(values);
    expect(briefValues(Array(longestList).fill(0))).toHaveLength(longestList);
  });

  it('is the beginning of a long text and of a long list, and how much is left out', () => {
    const long = {
      deep: [{ note: `${'x'.repeat(longestText)}yz` }],
      columns: Array(longestList + 3).fill('c'),
    };
    expect(briefValues(long)).toEqual({
      deep: [{ note: `${'x'.repeat(longestText)}… (2 more characters)` }],
      columns: [...Array<string>(longestList).fill('c'), '… (3 more)'],
    });
  });

  it('can be stored when a text is cut in the middle of a character', () => {
    const cut = briefValues(`${'x'.repeat(longestText - 1)}😀😀`);
    expect(cut).toBe(`${'x'.repeat(longestText - 1)}… (4 more characters)`);
  });
});
