import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { BucketItem } from 'minio';
import { AppError } from '../../contracts/app-error.js';
import { checkRange } from './byte-range.js';
import { checkContentType } from './content-type.js';
import { uploadParts } from './multipart-upload.js';
import { checkBucket, checkObjectName } from './object-name.js';
import type { ByteRange, ObjectInfo, ObjectStore } from './object-store.js';
import { receiveBody } from './receive-body.js';
import { createS3Client, type S3Settings } from './s3-client.js';
import { errorCode, isPassing, s3Error, type S3Subject } from './s3-error.js';
import type { S3Timeouts } from './s3-transport.js';
import { sendBytes, unquoted } from './send-bytes.js';
import { splitParts } from './split-parts.js';
import { withRetries } from './with-retries.js';

/** Every upload holds two of them. With 10,000 parts an object may have 78 GiB. */
const partSize = 8 * 1024 * 1024;

const defaultTimeouts: S3Timeouts = { connectMs: 5_000, idleMs: 30_000 };

/** Whoever asks for its health does not want to wait for it. */
const pingTimeouts: S3Timeouts = { connectMs: 2_000, idleMs: 3_000 };

/**
 * Objects in any S3 store. Passing failures of the connection are tried again where a request may be sent twice:
 * questions, reads before their first byte, and bytes that are in memory (a whole small body, or one part).
 *
 * A `put` that ends `unavailable` because the answer to its last request was lost may have happened. `replaced`
 * is what was true just before the body was sent.
 *
 * @throws AppError `invalid_request` when the endpoint is not a URL
 */
export function createS3Store(settings: S3Settings, timeouts: Partial<S3Timeouts> = {}): ObjectStore {
  const client = createS3Client(settings, { ...defaultTimeouts, ...timeouts });
  const pingClient = createS3Client(settings, { ...pingTimeouts, ...timeouts });

  async function guard<T>(subject: S3Subject, use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (error) {
      throw s3Error(error, settings.endpoint, subject);
    }
  }

  async function headObject(bucket: string, key: string): Promise<ObjectInfo> {
    const request = { method: 'HEAD', bucketName: bucket, objectName: key };
    const { headers } = await withRetries(() => client.makeRequestAsyncOmit(request), isPassing);
    return objectInfo(headers, Number(headers['content-length']));
  }

  return {
    ensureBucket(bucket) {
      return guard({ bucket }, async () => {
        checkBucket(bucket);
        if (await withRetries(() => client.bucketExists(bucket), isPassing)) return;
        try {
          await withRetries(() => client.makeBucket(bucket, settings.region), isPassing);
        } catch (error) {
          // Another process, or our own request whose answer was lost, was faster.
          if (errorCode(error) !== 'BucketAlreadyOwnedByYou') throw error;
        }
      });
    },

    put(bucket, key, body, { contentType, maxSize } = {}) {
      return guard({ bucket, key }, async () => {
        checkObjectName(bucket, key);
        const target = { bucket, key, contentType: checkContentType(contentType) };
        const replaced = await exists(() => headObject(bucket, key));
        const received = receiveBody(body, maxSize);
        const parts = splitParts(received.chunks, partSize);
        try {
          const first = await parts.next();
          if (first.done) throw new AppError('internal', 'A body without a part.');
          const etag = first.value.last
            ? await sendBytes(client, target, first.value, {
                headers: { 'content-type': target.contentType },
              })
            : await uploadParts(client, target, first.value, parts);
          return { size: received.size(), sha256: received.sha256(), etag, replaced };
        } finally {
          // Lets go of a body that was not read to its end.
          await parts.return();
        }
      });
    },

    head(bucket, key) {
      return guard({ bucket, key }, async () => {
        checkObjectName(bucket, key);
        return headObject(bucket, key);
      });
    },

    get(bucket, key, range) {
      return guard({ bucket, key }, async () => {
        checkObjectName(bucket, key);
        if (range) checkRange(range);
        const headers = range ? { range: rangeHeader(range) } : {};
        const request = { method: 'GET', bucketName: bucket, objectName: key, headers };
        try {
          const answer = () => client.makeRequestAsync(request, '', [range ? 206 : 200]);
          const body = await withRetries(answer, isPassing);
          return { info: objectInfo(body.headers, wholeSize(body.headers)), body };
        } catch (error) {
          if (errorCode(error) !== 'InvalidRange') throw error;
          return { info: await headObject(bucket, key), body: Readable.from([], { objectMode: false }) };
        }
      });
    },

    remove(bucket, key) {
      return guard({ bucket, key }, async () => {
        checkObjectName(bucket, key);
        await withRetries(() => client.removeObject(bucket, key), isPassing);
      });
    },

    async *list(bucket, prefix) {
      checkBucket(bucket);
      try {
        const found: AsyncIterable<BucketItem> = client.listObjectsV2(bucket, prefix, true);
        for await (const { name, lastModified } of found) {
          if (name !== undefined) yield { key: name, lastModified: lastModified ?? new Date(0) };
        }
      } catch (error) {
        throw s3Error(error, settings.endpoint, { bucket });
      }
    },

    ping() {
      return guard({}, async () => {
        try {
          await pingClient.makeRequestAsyncOmit({ method: 'GET' }, '', [200], settings.region);
        } catch (error) {
          // A key that may use its own bucket but not list all of them: the store is there and knows the key.
          if (errorCode(error) !== 'AccessDenied') throw error;
        }
      });
    },
  };
}

async function exists(head: () => Promise<unknown>): Promise<boolean> {
  try {
    await head();
    return true;
  } catch (error) {
    if (errorCode(error) === 'NotFound') return false;
    throw error;
  }
}

function rangeHeader({ start, end }: ByteRange): string {
  return `bytes=${start}-${end === Infinity ? '' : end}`;
}

/** Of a part's answer too, `bytes 0-9/100`: what is told of an object does not depend on how much is read. */
function wholeSize(headers: IncomingHttpHeaders): number {
  return Number(headers['content-range']?.split('/')[1] ?? headers['content-length']);
}

function objectInfo(headers: IncomingHttpHeaders, size: number): ObjectInfo {
  if (!Number.isSafeInteger(size))
    throw new AppError('unavailable', 'The object store did not say how long it is.');
  return {
    size,
    etag: unquoted(headers.etag),
    contentType: headers['content-type'] ?? 'application/octet-stream',
    lastModified: new Date(headers['last-modified'] ?? 0),
  };
}
