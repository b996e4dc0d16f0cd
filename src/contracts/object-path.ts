import { z } from 'zod';

/** Control characters (C0, DEL, C1), which no store and no log line wants, and halves of surrogate pairs. */
const unprintable = /[\p{Cc}\p{Cs}]/u;

/**
 * A name that is safe inside an object key: `/` may divide it into segments, but no segment is empty, `.` or
 * `..`, and there is no backslash and no control character. So it can never leave its bucket, whatever the
 * store does with paths.
 *
 * @param maxBytes of its UTF-8; S3 allows a key of 1,024 in all.
 */
export function objectPath(maxBytes: number) {
  return z
    .string()
    .min(1)
    .max(maxBytes)
    .refine((value) => !unprintable.test(value) && !value.includes('\\'), {
      message: 'must not hold a backslash or a control character',
      abort: true,
    })
    .refine(
      (value) => new TextEncoder().encode(value).length <= maxBytes,
      `must be at most ${maxBytes} bytes of UTF-8`,
    )
    .refine(
      (value) => value.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..'),
      'must be a path without a leading "/" and without empty, "." or ".." segments',
    );
}
