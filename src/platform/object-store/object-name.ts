import { AppError } from '../../contracts/app-error.js';

const maxKeyBytes = 1_024;

function refuse(what: 'bucket' | 'key', value: string, wrong: string, right: string): never {
  const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  throw new AppError('invalid_request', `The ${what} ${shown} ${wrong}; ${right}.`, { where: what });
}

/**
 * Refuses what is not a bucket name in S3, so that a name that one store takes is never refused by another.
 *
 * @throws AppError `invalid_request`
 */
export function checkBucket(bucket: string): void {
  if (bucket.length < 3 || bucket.length > 63) {
    refuse('bucket', bucket, `has ${bucket.length} characters`, 'it must have 3 to 63');
  }
  if (!/^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(bucket)) {
    const right = 'use lower-case letters, digits, "." and "-", with a letter or digit at both ends';
    refuse('bucket', bucket, 'is not a bucket name', right);
  }
  if (bucket.includes('..'))
    refuse('bucket', bucket, 'holds ".."', 'a "." must stand between other characters');
  // S3 refuses only a whole address, the S3 client refuses one anywhere in the name; the stricter rule is both.
  if (/\d+\.\d+\.\d+\.\d+/.test(bucket)) {
    refuse('bucket', bucket, 'looks like an IP address', 'use a name that holds no four numbers with dots');
  }
}

/**
 * Refuses what is not a name of an object: a key may be anything that survives a URL, a file system and a log
 * line, and can never lead out of its bucket, whatever a store does with paths.
 *
 * @throws AppError `invalid_request`
 */
export function checkObjectName(bucket: string, key: string): void {
  checkBucket(bucket);
  if (key === '') refuse('key', key, 'is empty', `it must have 1 to ${maxKeyBytes} bytes of UTF-8`);
  const bytes = Buffer.byteLength(key);
  if (bytes > maxKeyBytes) refuse('key', key, `has ${bytes} bytes of UTF-8`, `it may have ${maxKeyBytes}`);
  // With the u flag a surrogate matches only when it stands alone.
  if (/\p{Cs}/u.test(key)) {
    refuse('key', key, 'holds half of a surrogate pair', 'it must be well-formed Unicode');
  }
  const control = /\p{Cc}/u.exec(key)?.[0].charCodeAt(0);
  if (control !== undefined) {
    const name = `U+${control.toString(16).toUpperCase().padStart(4, '0')}`;
    refuse('key', key, `holds the control character ${name}`, 'use printable characters only');
  }
  if (key.includes('\\')) refuse('key', key, 'holds a backslash', 'divide segments by "/"');
  if (key.startsWith('/')) refuse('key', key, 'begins with "/"', 'leave the first "/" out');
  for (const segment of key.split('/')) {
    if (segment === '')
      refuse('key', key, 'has an empty segment', 'write one "/" between segments, none at the end');
    if (segment === '.' || segment === '..') {
      refuse(
        'key',
        key,
        `has the segment "${segment}"`,
        'write the path that is meant, without "." and ".."',
      );
    }
  }
}
