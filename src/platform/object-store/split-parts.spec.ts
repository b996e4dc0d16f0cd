import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitParts } from './split-parts.js';

describe('splitParts', () => {
  it('cuts any chunks into whole parts and a rest, without losing or repeating a byte', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 24 }), async (chunks, partSize) => {
        const whole = Buffer.concat(chunks);
        const parts: { bytes: Buffer; last: boolean }[] = [];
        for await (const part of splitParts(stream(chunks), partSize)) {
          expect(part.sha256).toBe(createHash('sha256').update(part.bytes).digest('hex'));
          parts.push({ bytes: Buffer.from(part.bytes), last: part.last });
        }
        expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(whole)).toBe(true);
        expect(parts).toHaveLength(Math.max(1, Math.ceil(whole.length / partSize)));
        expect(parts.slice(0, -1).every(({ bytes, last }) => bytes.length === partSize && !last)).toBe(true);
        expect(parts.at(-1)?.last).toBe(true);
      }),
    );
  });

  it('leaves a part alone while the next one fills', async () => {
    const parts = splitParts(stream(['aaaa', 'bbbb', 'cccc', 'dd'].map((text) => Buffer.from(text))), 4);
    const first = (await parts.next()).value;
    const second = (await parts.next()).value;
    expect([first?.bytes.toString(), second?.bytes.toString()]).toEqual(['aaaa', 'bbbb']);
    const third = (await parts.next()).value;
    expect([second?.bytes.toString(), third?.bytes.toString()]).toEqual(['bbbb', 'cccc']);
  });
});

async function* stream(chunks: Uint8Array[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
