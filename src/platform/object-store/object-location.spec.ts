import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectLocation } from './object-location.js';

/** Pieces that collide easily: case, normal forms, device names, our own marks. */
const piece = fc.constantFrom(
  'a',
  'A',
  'é',
  'e\u0301',
  '.',
  '~',
  '_',
  '%',
  ' ',
  'con',
  'aux.',
  '.object',
  'ſ',
  's',
  '😀',
);
const segment = fc
  .array(piece, { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join(''))
  .filter((text) => text !== '.' && text !== '..');
/** So few that two keys are often the same but for case, normal form or an ending. */
const alike = fc.constantFrom(
  'a',
  'A',
  'a.object',
  'A.OBJECT',
  'é',
  'e\u0301',
  'É',
  '_',
  '~',
  'con',
  'CON',
  '_con',
);
const key = fc
  .array(fc.oneof(alike, alike, segment), { minLength: 1, maxLength: 3 })
  .map((segments) => segments.join('/'));

const lie = (key: string) => {
  const { folders, file } = objectLocation('bucket', key);
  return [...folders, file];
};

describe('objectLocation', () => {
  it('gives different keys different places, on a file system that ignores case and normal forms too', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        fc.pre(one !== other);
        expect(lie(one).join('/').normalize('NFC').toLowerCase()).not.toBe(
          lie(other).join('/').normalize('NFC').toLowerCase(),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it('never lays an object where the folder of another one is', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        const folder = objectLocation('bucket', `${other}/x`).folders.join('/');
        expect(lie(one).join('/').toLowerCase()).not.toBe(folder.toLowerCase());
      }),
      { numRuns: 3_000 },
    );
  });

  it('uses only names that every file system takes', () => {
    fc.assert(
      fc.property(key, (key) => {
        for (const name of lie(key)) {
          expect(name).toMatch(/^[A-Za-z0-9._~-]{1,200}$/);
          expect(name).not.toMatch(/\.$|^\.{1,2}$|^(con|aux|nul|prn|com\d|lpt\d)(\.|$)/i);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps paths short', () => {
    for (const key of [
      'x'.repeat(1_024),
      'X/'.repeat(511) + 'xx',
      'x/'.repeat(511) + 'xx',
      'ab/'.repeat(170),
    ]) {
      expect(lie(key.replace(/\/$/, '')).join('/').length).toBeLessThanOrEqual(500);
    }
  });
});
