import { AppError } from '../../contracts/app-error.js';
import { StoreBusy } from './s3-transport.js';

/** What a request was about, for its error's message. */
export interface S3Subject {
  bucket?: string;
  key?: string;
}

/** The connection was not made, or was lost: nothing is wrong with the request. */
const lostConnection: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);

/**
 * The same request may succeed a moment later. A store that stays silent is not among them: waiting for it has
 * taken long enough.
 */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof StoreBusy ||
    lostConnection.has(errorCode(error)) ||
    errorCode(error) === 'RequestTimeout'
  );
}

/** The request cannot have had any effect, so it may be sent again even if doing it twice would be wrong. */
export function hadNoEffect(error: unknown): boolean {
  return error instanceof StoreBusy || errorCode(error) === 'ECONNREFUSED';
}

/** The code of a system error or of an answer of S3, '' when there is none. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  // The client throws the parsed <Error> of an answer with status 200 as a bare object.
  const code = 'code' in error ? error.code : 'Code' in error ? error.Code : undefined;
  return typeof code === 'string' ? code : '';
}

/** What went wrong, in the words of the port. */
export function s3Error(error: unknown, endpoint: string, { bucket, key }: S3Subject): AppError {
  if (error instanceof AppError) return error;
  const code = errorCode(error);
  const object = key === undefined ? `bucket "${bucket}"` : `object "${key}" in bucket "${bucket}"`;
  const options = { where: endpoint, cause: error };
  switch (code) {
    case 'NoSuchBucket':
      return new AppError('not_found', `There is no bucket "${bucket}".`, options);
    case 'NoSuchKey':
      return new AppError('not_found', `There is no ${object}.`, options);
    case 'NotFound':
      // The answer to a HEAD has no body that would say which of the two is missing.
      return new AppError('not_found', `There is no ${object}, or no such bucket.`, options);
    case 'EntityTooLarge':
      return new AppError('too_large', `The ${object} is larger than the object store takes.`, options);
    case 'KeyTooLongError':
    case 'InvalidBucketName':
    case 'InvalidObjectName':
    case 'XMinioInvalidObjectName':
      return new AppError(
        'invalid_request',
        `The object store cannot hold the ${object}: ${text(error)}`,
        options,
      );
    case 'AccessDenied':
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
    case 'RequestTimeTooSkewed':
      return new AppError(
        'unavailable',
        `The object store refuses this access key (${code}); check key, secret, policy and clock.`,
        options,
      );
    default:
      // A mistake in our own call, not a state of the store.
      if (error instanceof TypeError) return new AppError('internal', error.message, options);
      return new AppError('unavailable', `The object store at ${endpoint} cannot be used: ${text(error)}`, {
        ...options,
        retryAfterSeconds: 1,
      });
  }
}

function text(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(text).join('; ');
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : '';
  if (code === '' && message === '') return 'what answers there is not an S3 store';
  return message.includes(code) ? message : `${code}: ${message}`;
}
