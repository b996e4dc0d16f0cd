import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../../contracts/app-error.js';

/** What stands behind the bytes of an object, in the same file. */
const ObjectMeta = z.object({
  bucket: z.string(),
  key: z.string(),
  /** Bytes of the object, without what stands behind them. */
  size: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  content_type: z.string(),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** The last bytes of the file: how many bytes of JSON, line feeds included, stand before them. */
const footer = /^(\d{6}) bytes of meta\n$/;
const footerBytes = '000000 bytes of meta\n'.length;

/** More than the longest: a key of 1,024 bytes, all of them escaped. */
const maxTrailerBytes = 8 * 1024;

/**
 * What is written behind an object's bytes. One file holds both, so that the rename that replaces an object
 * replaces its bytes and what is said of them in one step, and one open file shows one object, whatever is
 * renamed over it. (A second file beside it could be of another write; a pointer to a file of bytes is atomic
 * too, but leaves files that must be found and deleted.) `tail -n 2` shows it to a human.
 */
export function objectTrailer(meta: ObjectMeta): Buffer {
  const json = Buffer.from(`\n${JSON.stringify(meta)}\n`);
  return Buffer.concat([json, Buffer.from(`${String(json.length).padStart(6, '0')} bytes of meta\n`)]);
}

/**
 * Reads it back, and makes sure that the file is whole and is the object that was asked for.
 *
 * @throws AppError `invalid_data` when somebody else than this store wrote, cut or moved the file
 */
export async function readObjectTrailer(
  file: FileHandle,
  fileSize: number,
  path: string,
  { bucket, key }: Pick<ObjectMeta, 'bucket' | 'key'>,
): Promise<ObjectMeta> {
  const meta = await readAnyTrailer(file, fileSize);
  if (meta?.bucket === bucket && meta.key === key) return meta;
  throw new AppError(
    'invalid_data',
    `The file of object "${key}" in bucket "${bucket}" was changed by something other than the object store; ` +
      'store the object again.',
    { where: path },
  );
}

/** The same of whatever object the file is; undefined when it is none, or not whole. */
export async function readAnyTrailer(file: FileHandle, fileSize: number): Promise<ObjectMeta | undefined> {
  const tail = Buffer.alloc(Math.min(fileSize, maxTrailerBytes));
  const { bytesRead } = await file.read(tail, 0, tail.length, fileSize - tail.length);
  const meta = bytesRead === tail.length ? parseTrailer(tail) : undefined;
  return meta && meta.size + objectTrailer(meta).length === fileSize ? meta : undefined;
}

function parseTrailer(tail: Buffer): ObjectMeta | undefined {
  const end = tail.length - footerBytes;
  const length = Number(footer.exec(tail.toString('utf8', Math.max(end, 0)))?.[1] ?? Infinity);
  if (length > end) return undefined;
  try {
    return ObjectMeta.parse(JSON.parse(tail.toString('utf8', end - length, end)));
  } catch {
    return undefined;
  }
}
