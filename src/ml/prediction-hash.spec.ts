import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import { sliceRows } from './frame.js';
import { predictionHash } from './prediction-hash.js';

const hash = (columns: Record<string, number[]>, start = 0) => predictionHash(frameOf(columns, { start }));

describe('predictionHash', () => {
  // Python: sha256(pack('<2d', 0, 60000) + b'\0down\0' + pack('<2d', 1, 2.5)).hexdigest()[:16]
  it('is 16 hex digits that stay the same from one version of the code to the next', () => {
    expect(hash({ down: [1, 2.5] })).toBe('04931c8b441e6af9');
  });

  it('changes with a value, a time, a name and the order of columns', () => {
    const hashes = [
      hash({ down: [1, 2], up: [3, 4] }),
      hash({ down: [1, 2], up: [3, 4.000_000_000_000_001] }),
      hash({ down: [1, 2], up: [3, 4] }, 1),
      hash({ down: [1, 2], left: [3, 4] }),
      hash({ up: [3, 4], down: [1, 2] }),
      hash({ down: [3, 4], up: [1, 2] }),
      hash({ down: [1, 2] }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('does not tell 0 from -0', () => {
    expect(hash({ down: [-0] })).toBe(hash({ down: [0] }));
  });

  it('is the same for rows of a larger table as for a table of those rows', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 1, maxLength: 9 }), (values) => {
        const minute = 60_000;
        const larger = frameOf({ down: [7, ...values, 8] }, { start: -minute });
        expect(predictionHash(sliceRows(larger, 1, values.length + 1))).toBe(hash({ down: values }));
      }),
    );
  });
});
