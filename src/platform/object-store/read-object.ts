import { AppError } from '../../contracts/app-error.js';
import type { ObjectStore } from './object-store.js';

/**
 * Reads a whole object into memory.
 *
 * @param maxSize bytes; a longer object is refused (`too_large`) before its body is read
 * @throws AppError `not_found`, `too_large`, and `unavailable` when the body breaks off
 */
export async function readObject(
  store: Pick<ObjectStore, 'get'>,
  bucket: string,
  key: string,
  maxSize: number,
): Promise<Buffer> {
  const { info, body } = await store.get(bucket, key);
  const where = `object "${key}" in bucket "${bucket}"`;
  if (info.size > maxSize) {
    body.destroy();
    throw new AppError('too_large', `The ${where} has ${info.size} bytes, more than the ${maxSize} allowed.`);
  }
  const bytes = Buffer.allocUnsafe(info.size);
  let filled = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('unavailable', `The ${where} broke off after ${filled} of ${info.size} bytes.`, {
      cause: error,
    });
  }
  if (filled !== info.size) {
    throw new AppError('unavailable', `The ${where} ended after ${filled} of ${info.size} bytes.`);
  }
  return bytes;
}
