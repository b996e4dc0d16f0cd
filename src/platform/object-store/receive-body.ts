import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '../../contracts/app-error.js';

/** Of bytes in memory: a hash over all of them in one call would hold up the event loop. */
const sliceBytes = 1024 * 1024;

/** A body on its way into a store. */
export interface ReceivedBody {
  /** To be read once. Throws what breaks the body: `too_large`, `canceled`, or the AppError of the source. */
  chunks: AsyncGenerator<Buffer, void, undefined>;
  /** What the chunks came to; final when `chunks` has ended. */
  size: () => number;
  /** Ends the hash: only once, and only when `chunks` has ended. */
  sha256: () => string;
}

/**
 * Counts and hashes a body while a store reads it.
 *
 * A stream is not destroyed when the store gives up on it: it may be an HTTP request, whose socket has to stay
 * open for the answer that says why.
 *
 * @param maxSize bytes; one more and `chunks` throws `too_large`
 */
export function receiveBody(body: Readable | Uint8Array, maxSize = Infinity): ReceivedBody {
  const hash = createHash('sha256');
  let size = 0;

  async function* chunks() {
    for await (const chunk of body instanceof Readable ? fromStream(body) : fromBytes(body)) {
      size += chunk.length;
      if (size > maxSize)
        throw new AppError('too_large', `The body has more than the ${maxSize} bytes allowed.`);
      hash.update(chunk);
      yield chunk;
    }
  }

  return { chunks: chunks(), size: () => size, sha256: () => hash.digest('hex') };
}

function* fromBytes(bytes: Uint8Array): Generator<Buffer> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start < buffer.length; start += sliceBytes)
    yield buffer.subarray(start, start + sliceBytes);
}

async function* fromStream(body: Readable): AsyncGenerator<Buffer> {
  // A stream that somebody has read to its end looks like an empty one: it would replace an object by nothing.
  if (body.readableEnded)
    throw new AppError('internal', 'The body has been read already; give an unread stream.');
  let received = 0;
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      const bytes = toBuffer(chunk, body.readableEncoding);
      received += bytes.length;
      yield bytes;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('canceled', `The body broke off after ${received} bytes; nothing was stored.`, {
      cause: error,
    });
  } finally {
    // Nobody listens any more; a late error (the client hangs up after a refusal) must not end the process.
    body.on('error', () => {});
  }
}

function toBuffer(chunk: unknown, encoding: BufferEncoding | null): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding ?? 'utf8');
  throw new AppError('internal', `The body gave ${typeof chunk} instead of bytes.`);
}
