import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../contracts/app-error.js';
import { isMissing } from './errno.js';
import { readObjectTrailer, type ObjectMeta } from './object-file.js';
import { bucketFolder, objectLocation } from './object-location.js';
import type { ObjectInfo } from './object-store.js';
import { findStoreFolder } from './store-folder.js';

/**
 * Opens the file of an object and reads what stands behind its bytes. Everything is read from the one open file,
 * so that it is of one write. The caller closes it.
 *
 * @throws AppError `not_found`, `invalid_data`
 */
export async function openObject(
  root: string,
  bucket: string,
  key: string,
): Promise<{ file: FileHandle; info: ObjectInfo }> {
  const location = objectLocation(bucket, key);
  const folder = await findStoreFolder(root, location.folders);
  if (folder === undefined) return missing(root, bucket, key);
  const target = path.join(folder, location.file);
  let file: FileHandle;
  try {
    file = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isMissing(error)) return missing(root, bucket, key);
    throw error;
  }
  try {
    const stats = await file.stat();
    const meta = await readObjectTrailer(file, stats.size, target, { bucket, key });
    return { file, info: objectInfo(meta, stats) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function missing(root: string, bucket: string, key: string): Promise<never> {
  await requireBucket(root, bucket);
  throw new AppError('not_found', `There is no object "${key}" in bucket "${bucket}".`);
}

function objectInfo(meta: ObjectMeta, stats: Stats): ObjectInfo {
  return { size: meta.size, etag: meta.sha256, contentType: meta.content_type, lastModified: stats.mtime };
}

/** @throws AppError `not_found` */
export async function requireBucket(root: string, bucket: string): Promise<void> {
  if ((await findStoreFolder(root, [bucketFolder(bucket)])) === undefined) {
    throw new AppError('not_found', `There is no bucket "${bucket}".`);
  }
}
