import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { AppError } from '../contracts/app-error.js';

const chunkBytes = 256 * 1_024;

/** Bytes on disk that have no name: they are gone when the file is closed, and also when the process is killed. */
export interface TemporaryFile {
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** The bytes from the beginning; one reader at a time. */
  read(): Readable;
  close(): Promise<void>;
}

/**
 * Writes bytes to a temporary file as they come.
 *
 * @param maxBytes one more, and it stops reading and leaves nothing behind
 * @throws AppError `too_large`; `unavailable` when the disk is full or cannot be written; what breaks the source
 */
export async function writeTemporaryFile(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<TemporaryFile> {
  const file = await openUnnamed().catch(notWritable);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxBytes) {
        const message = `The file has more than the ${Math.floor(maxBytes / 1_048_576)} MiB that a model may have.`;
        throw new AppError('too_large', message);
      }
      hash.update(chunk);
      await file.writeFile(chunk).catch(notWritable);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    size,
    sha256: hash.digest('hex'),
    // Not the handle's own stream, which closes the file when it is destroyed.
    read: () => Readable.from(chunksOf(file, size), { objectMode: false }),
    close: () => file.close(),
  };
}

async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, at);
    // Cut short by somebody else: whoever reads has the size, or the digest, to see it by.
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function openUnnamed(): Promise<FileHandle> {
  const name = path.join(tmpdir(), `trainyard-${randomUUID()}`);
  const file = await open(name, 'wx+', 0o600);
  try {
    await unlink(name);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}

function notWritable(cause: unknown): never {
  throw new AppError('unavailable', 'There is no room for the file at the moment; try again later.', {
    cause,
  });
}
