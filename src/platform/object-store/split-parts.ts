import { createHash, type Hash } from 'node:crypto';

/** A piece of a body, as large as one request to S3 sends. */
export interface Part {
  bytes: Buffer;
  /** Lower-case hex. */
  sha256: string;
  last: boolean;
}

/**
 * Gathers chunks of any size into parts of one size (the last may be shorter, and is empty only if the whole
 * body is). Two buffers are used in turn, so that one part can be sent while the next one fills and memory
 * stays at twice the part size: **the bytes of a part are overwritten when the next but one is asked for.**
 *
 * @param partSize bytes
 */
export async function* splitParts(
  chunks: AsyncIterable<Buffer>,
  partSize: number,
): AsyncGenerator<Part, void, undefined> {
  let buffer: Buffer = Buffer.alloc(0);
  let other: Buffer = Buffer.alloc(0);
  let filled = 0;
  let hash: Hash = createHash('sha256');
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length;) {
      if (filled === partSize) {
        yield { bytes: buffer, sha256: hash.digest('hex'), last: false };
        [buffer, other] = [other, buffer];
        filled = 0;
        hash = createHash('sha256');
      }
      const piece = chunk.subarray(taken, taken + partSize - filled);
      buffer = withRoom(buffer, filled, filled + piece.length, partSize);
      piece.copy(buffer, filled);
      // Chunk by chunk, on the way: hashing a whole part at once would hold up the event loop.
      hash.update(piece);
      filled += piece.length;
      taken += piece.length;
    }
  }
  yield { bytes: buffer.subarray(0, filled), sha256: hash.digest('hex'), last: true };
}

/** Grows by doubling: most bodies are much smaller than a part. */
function withRoom(buffer: Buffer, filled: number, needed: number, most: number): Buffer {
  if (buffer.length >= needed) return buffer;
  const grown = Buffer.allocUnsafeSlow(Math.min(most, Math.max(needed, 2 * buffer.length)));
  buffer.copy(grown, 0, 0, filled);
  return grown;
}
