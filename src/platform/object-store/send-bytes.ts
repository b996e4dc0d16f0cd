import type { Client } from 'minio';
import { isPassing } from './s3-error.js';
import type { Part } from './split-parts.js';
import { withRetries } from './with-retries.js';

/** Where an upload goes. */
export interface UploadTarget {
  bucket: string;
  key: string;
  contentType: string;
}

/**
 * Sends bytes as a whole object or as one part of it. They are in memory, so it is tried again.
 *
 * @returns the etag
 */
export async function sendBytes(
  client: Client,
  { bucket, key }: Pick<UploadTarget, 'bucket' | 'key'>,
  part: Part,
  request: { query?: string; headers?: Record<string, string> },
): Promise<string> {
  const response = await withRetries(async () => {
    const headers = { ...request.headers, 'content-length': part.bytes.length };
    const options = { method: 'PUT', bucketName: bucket, objectName: key, query: request.query, headers };
    const answer = await client.makeRequestStreamAsync(options, part.bytes, part.sha256, [200], '');
    answer.resume();
    return answer;
  }, isPassing);
  return unquoted(response.headers.etag);
}

/** An etag as headers carry it, without quotes. */
export function unquoted(etag = ''): string {
  return etag.replace(/^(W\/)?"|"$/g, '');
}
