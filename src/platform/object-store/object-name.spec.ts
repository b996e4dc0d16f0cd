import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../contracts/app-error.js';
import { objectPath } from '../../contracts/object-path.js';
import { checkObjectName } from './object-name.js';

describe('checkObjectName', () => {
  it('takes exactly the keys that an object path in a request may be', () => {
    const path = objectPath(1_024);
    const piece = fc.constantFrom(
      'a',
      '/',
      '.',
      '..',
      '\\',
      '\0',
      '\n',
      '\u0085',
      '\ud800',
      '\udc00',
      'é',
      ' ',
      '%',
      '😀',
    );
    const keys = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(keys, (key) => {
        expect(taken(key)).toBe(path.safeParse(key).success);
      }),
      { numRuns: 5_000 },
    );
  });

  it('says what is wrong, and what would be right', () => {
    expect(() => checkObjectName('bucket', 'a/../b')).toThrow(
      'The key "a/../b" has the segment ".."; write the path that is meant, without "." and "..".',
    );
    expect(() => checkObjectName('bucket', 'a\0b')).toThrow(
      'The key "a\\u0000b" holds the control character U+0000; use printable characters only.',
    );
    expect(() => checkObjectName('Bucket', 'a')).toThrow(
      'The bucket "Bucket" is not a bucket name; use lower-case letters, digits, "." and "-", with a letter or digit at both ends.',
    );
  });
});

function taken(key: string): boolean {
  try {
    checkObjectName('bucket', key);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return false;
  }
}
