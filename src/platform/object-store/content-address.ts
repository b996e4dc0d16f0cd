import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AppError } from '../../contracts/app-error.js';
import type { ArtifactRef } from '../../contracts/artifact-ref.js';
import type { ObjectStore } from './object-store.js';
import { readObject } from './read-object.js';

/** Bytes that nothing refers to are deleted when they are twice as old as this. */
const freshMs = 12 * 3_600_000;

/**
 * Stores bytes under their own SHA-256, once: what is there already, and not old, is not sent again. Two writers of the same
 * bytes may both send them, and the second replaces them by themselves.
 *
 * @param mediaType content type of a first writing; whoever comes later with another one gets the first
 */
export async function putByDigest(
  store: Pick<ObjectStore, 'head' | 'put'>,
  bucket: string,
  bytes: Uint8Array,
  mediaType: string,
): Promise<ArtifactRef> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const ref = refOf(bucket, sha256, bytes.length);
  if (!(await isFresh(store, ref))) await store.put(bucket, ref.key, bytes, { contentType: mediaType });
  return ref;
}

/** Bytes that are not in memory, and what they are. */
export interface DigestedFile {
  sha256: string;
  size: number;
  read: () => Readable;
}

/**
 * The same for bytes that lie elsewhere, which are streamed.
 *
 * @throws AppError `unavailable` when they have changed since their digest was reckoned
 */
export async function putFileByDigest(
  store: Pick<ObjectStore, 'head' | 'put' | 'remove'>,
  bucket: string,
  { sha256, size, read }: DigestedFile,
  mediaType: string,
): Promise<ArtifactRef> {
  const ref = refOf(bucket, sha256, size);
  if (await isFresh(store, ref)) return ref;
  const body = read();
  try {
    const put = await store.put(bucket, ref.key, body, { contentType: mediaType });
    if (put.sha256 === sha256) return ref;
  } finally {
    body.destroy();
  }
  // Under this key nobody may find anything else.
  await store.remove(bucket, ref.key);
  throw new AppError('unavailable', `The file changed while it was stored as ${sha256}.`);
}

function refOf(bucket: string, sha256: string, size: number): ArtifactRef {
  return { bucket, key: `sha256/${sha256.slice(0, 2)}/${sha256}`, sha256, size };
}

/**
 * Reads an object through and throws its bytes away.
 * @throws AppError `not_found`, `unavailable`
 */
export async function hashObject(
  store: Pick<ObjectStore, 'get'>,
  bucket: string,
  key: string,
): Promise<{ sha256: string; size: number; etag: string }> {
  const { info, body } = await store.get(bucket, key);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('unavailable', `The object "${key}" in bucket "${bucket}" broke off.`, { cause });
  }
  return { sha256: hash.digest('hex'), size, etag: info.etag };
}

/**
 * The bytes that a reference names as they are read. That they are others is known, and thrown, at their end: whoever
 * takes them must be able to give them back.
 *
 * @throws AppError `invalid_data` when size or SHA-256 are not those of the reference, `not_found`, `unavailable`
 */
export async function* streamVerified(
  store: Pick<ObjectStore, 'get'>,
  { bucket, key, sha256, size }: ArtifactRef,
): AsyncGenerator<Buffer> {
  const { body } = await store.get(bucket, key);
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    read += chunk.length;
    hash.update(chunk);
    yield chunk;
  }
  if (read === size && hash.digest('hex') === sha256) return;
  throw new AppError(
    'invalid_data',
    `The object "${key}" in bucket "${bucket}" is not the one that was stored.`,
  );
}

/** What is wrong with the bytes that a reference names, or undefined when they are there and the right ones. */
export async function findDamage(
  store: Pick<ObjectStore, 'get'>,
  { bucket, key, sha256, size }: ArtifactRef,
): Promise<string | undefined> {
  const where = `object "${key}" in bucket "${bucket}"`;
  try {
    const found = await hashObject(store, bucket, key);
    return found.sha256 === sha256 && found.size === size ? undefined : `the ${where} is altered`;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'not_found' || error.code === 'invalid_data'))
      return `the ${where} is gone`;
    throw error;
  }
}

/** There, of the right size, and not so old that it could be deleted before somebody refers to it. */
async function isFresh(
  store: Pick<ObjectStore, 'head'>,
  { bucket, key, size }: ArtifactRef,
): Promise<boolean> {
  try {
    const found = await store.head(bucket, key);
    return found.size === size && Date.now() - found.lastModified.getTime() < freshMs;
  } catch (error) {
    // Damaged is as good as missing: the bytes are at hand to write it again.
    if (error instanceof AppError && (error.code === 'not_found' || error.code === 'invalid_data'))
      return false;
    throw error;
  }
}

/**
 * The bytes that a reference names, and no others.
 *
 * @throws AppError `invalid_data` when size or SHA-256 are not those of the reference, `not_found`, `unavailable`
 */
export async function getVerified(store: Pick<ObjectStore, 'get'>, ref: ArtifactRef): Promise<Buffer> {
  const where = `object "${ref.key}" in bucket "${ref.bucket}"`;
  const bytes = await readObject(store, ref.bucket, ref.key, ref.size).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'too_large') throw error;
    throw new AppError('invalid_data', `The ${where} is longer than the ${ref.size} bytes it must have.`, {
      cause: error,
    });
  });
  if (bytes.length !== ref.size) {
    throw new AppError('invalid_data', `The ${where} has ${bytes.length} bytes; it must have ${ref.size}.`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== ref.sha256) {
    throw new AppError('invalid_data', `The ${where} has SHA-256 ${sha256}; it must have ${ref.sha256}.`);
  }
  return bytes;
}
