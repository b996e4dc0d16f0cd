import type { Client } from 'minio';
import { AppError } from '../../contracts/app-error.js';
import { hadNoEffect, isPassing } from './s3-error.js';
import { sendBytes, type UploadTarget } from './send-bytes.js';
import type { Part } from './split-parts.js';
import { withRetries } from './with-retries.js';

/** S3's own limit. */
const maxParts = 10_000;

/**
 * Sends parts one after the other, each while the next one is read, and makes them an object when all have
 * arrived; when anything fails, the upload is aborted and what stood under the key stays.
 *
 * The client's own `putObject` is not used for streams: without a size it takes parts of 525 MiB, and it
 * continues any unfinished upload of the same key, also one that another process is in the middle of.
 *
 * A process that is killed leaves its parts in the store until the store's own cleaning (a day in MinIO, a
 * lifecycle rule elsewhere) takes them away.
 *
 * @returns the etag
 */
export async function uploadParts(
  client: Client,
  target: UploadTarget,
  first: Part,
  rest: AsyncIterable<Part>,
): Promise<string> {
  const { bucket, key, contentType } = target;
  const uploadId = await withRetries(
    () => client.initiateNewMultipartUpload(bucket, key, { 'content-type': contentType }),
    isPassing,
  );
  const etags: { part: number; etag: string }[] = [];
  let inFlight = sendPart(client, target, uploadId, 1, first);
  try {
    for await (const part of rest) {
      etags.push(await inFlight);
      if (etags.length === maxParts) {
        const most = maxParts * first.bytes.length;
        throw new AppError(
          'too_large',
          `The body has more than the ${most} bytes that can be sent as one object.`,
        );
      }
      inFlight = sendPart(client, target, uploadId, etags.length + 1, part);
    }
    etags.push(await inFlight);
    // Only when it has surely not happened: if it has, S3 may no longer know the upload and say so.
    const done = await withRetries(
      () => client.completeMultipartUpload(bucket, key, uploadId, etags),
      hadNoEffect,
    );
    return done.etag;
  } catch (error) {
    // A part that arrives after the abort would stay in the store.
    await inFlight.catch(() => {});
    await abort(client, target, uploadId);
    throw error;
  }
}

function sendPart(client: Client, target: UploadTarget, uploadId: string, number: number, part: Part) {
  const query = new URLSearchParams({ partNumber: String(number), uploadId }).toString();
  const sent = sendBytes(client, target, part, { query }).then((etag) => ({ part: number, etag }));
  // It may fail while the next part is still being read; whoever awaits it hears of it then.
  sent.catch(() => {});
  return sent;
}

async function abort(client: Client, { bucket, key }: UploadTarget, uploadId: string): Promise<void> {
  try {
    await withRetries(() => client.abortMultipartUpload(bucket, key, uploadId), isPassing);
  } catch {
    // The error that led here is the one to tell; the parts wait for the store's own cleaning.
  }
}
