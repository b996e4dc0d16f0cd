import { constants } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from './errno.js';
import { readAnyTrailer } from './object-file.js';
import { bucketFolder } from './object-location.js';
import type { ListedObject } from './object-store.js';
import { requireBucket } from './open-object.js';

/**
 * The objects of a bucket, by what stands in their files: names of files do not always say the key. A file that is none
 * of ours is left out, and so is one that goes away meanwhile.
 */
export async function* listFiles(root: string, bucket: string, prefix: string): AsyncGenerator<ListedObject> {
  await requireBucket(root, bucket);
  for await (const file of filesBelow(path.join(root, bucketFolder(bucket)))) {
    const listed = await readEntry(file, bucket);
    if (listed?.key.startsWith(prefix)) yield listed;
  }
}

/** Folder by folder: Node 20 leaves most of them out when it is asked to go through them by itself. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of await opendir(folder)) {
    const entryPath = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(entryPath);
    if (entry.isFile()) yield entryPath;
  }
}

async function readEntry(file: string, bucket: string): Promise<ListedObject | undefined> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size, mtime } = await handle.stat();
      const meta = await readAnyTrailer(handle, size);
      return meta?.bucket === bucket ? { key: meta.key, lastModified: mtime } : undefined;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
