import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { checkRange } from './byte-range.js';
import { checkContentType } from './content-type.js';
import { isMissing } from './errno.js';
import { fileStoreError } from './file-store-error.js';
import { listFiles } from './list-files.js';
import { objectTrailer, type ObjectMeta } from './object-file.js';
import { bucketFolder, objectLocation } from './object-location.js';
import { checkBucket, checkObjectName } from './object-name.js';
import type { ObjectStore } from './object-store.js';
import { openObject, requireBucket } from './open-object.js';
import { receiveBody } from './receive-body.js';
import { findStoreFolder, makeStoreFolder, syncFolder } from './store-folder.js';
import { sweepTemporary } from './sweep-temporary.js';

/** No bucket can have this name. On the same file system as the buckets: a rename across two is a copy. */
const temporaryName = '.tmp';
const temporaryMaxAgeMs = 24 * 3_600_000;

/** Four times Node's default: a large object is read twice as fast for half the CPU time. */
const readChunkBytes = 256 * 1024;

/**
 * Objects as files below a folder, for one machine; any number of processes may share it. An object's etag is
 * its SHA-256. Where an object lies, see {@link objectLocation}; what its file holds, see {@link objectTrailer}.
 *
 * Beside the errors of the port, a file that something else has changed is `invalid_data`.
 *
 * @param root made, with its parents, when it is first used
 */
export function createFileStore(root: string): ObjectStore {
  const unprepared = path.resolve(root);
  let prepared: Promise<string> | undefined;

  /** The real path of the root. A failure is not remembered: the disk may be mounted a moment later. */
  function prepare(): Promise<string> {
    prepared ??= prepareRoot(unprepared).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  }

  async function guard<T>(use: (root: string) => Promise<T>): Promise<T> {
    try {
      return await use(await prepare());
    } catch (error) {
      throw fileStoreError(error, unprepared);
    }
  }

  return {
    ensureBucket(bucket) {
      return guard(async (root) => {
        checkBucket(bucket);
        await makeStoreFolder(root, [bucketFolder(bucket)]);
      });
    },

    put(bucket, key, body, { contentType, maxSize } = {}) {
      return guard(async (root) => {
        checkObjectName(bucket, key);
        const content_type = checkContentType(contentType);
        await requireBucket(root, bucket);
        const received = receiveBody(body, maxSize);
        const temporary = path.join(root, temporaryName, randomUUID());
        try {
          const file = await open(temporary, 'wx');
          let meta: ObjectMeta;
          try {
            for await (const chunk of received.chunks) await file.writeFile(chunk);
            meta = { bucket, key, size: received.size(), sha256: received.sha256(), content_type };
            await file.writeFile(objectTrailer(meta));
            await file.sync();
          } finally {
            await file.close();
          }
          const replaced = await moveIntoPlace(root, temporary, bucket, key);
          return { size: meta.size, sha256: meta.sha256, etag: meta.sha256, replaced };
        } catch (error) {
          await rm(temporary, { force: true });
          throw error;
        }
      });
    },

    head(bucket, key) {
      return guard(async (root) => {
        checkObjectName(bucket, key);
        const { file, info } = await openObject(root, bucket, key);
        await file.close();
        return info;
      });
    },

    get(bucket, key, range) {
      return guard(async (root) => {
        checkObjectName(bucket, key);
        if (range) checkRange(range);
        const { file, info } = await openObject(root, bucket, key);
        const { start, end } = range ?? { start: 0, end: Infinity };
        if (start >= info.size) {
          await file.close();
          return { info, body: Readable.from([], { objectMode: false }) };
        }
        const last = Math.min(end, info.size - 1);
        return { info, body: file.createReadStream({ start, end: last, highWaterMark: readChunkBytes }) };
      });
    },

    remove(bucket, key) {
      return guard(async (root) => {
        checkObjectName(bucket, key);
        await requireBucket(root, bucket);
        const location = objectLocation(bucket, key);
        // Folders stay: another key may be on its way into them.
        const folder = await findStoreFolder(root, location.folders);
        if (folder === undefined) return;
        await rm(path.join(folder, location.file), { force: true });
        await syncFolder(folder);
      });
    },

    async *list(bucket, prefix) {
      checkBucket(bucket);
      try {
        yield* listFiles(await prepare(), bucket, prefix);
      } catch (error) {
        throw fileStoreError(error, unprepared);
      }
    },

    ping() {
      return guard((root) => access(path.join(root, temporaryName), constants.R_OK | constants.W_OK));
    },
  };
}

async function prepareRoot(unprepared: string): Promise<string> {
  await mkdir(unprepared, { recursive: true });
  const root = await realpath(unprepared);
  const temporary = await makeStoreFolder(root, [temporaryName]);
  await sweepTemporary(temporary, temporaryMaxAgeMs, Date.now());
  return root;
}

/** Readers that hold the old object's file open read it to its end; whoever opens it from now on has the new. */
async function moveIntoPlace(root: string, temporary: string, bucket: string, key: string): Promise<boolean> {
  const location = objectLocation(bucket, key);
  // Made only now, so that an upload that fails leaves no folders.
  const folder = await makeStoreFolder(root, location.folders);
  const target = path.join(folder, location.file);
  const replaced = await isThere(target);
  await rename(temporary, target);
  await syncFolder(folder);
  return replaced;
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
