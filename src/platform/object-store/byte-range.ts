import { AppError } from '../../contracts/app-error.js';
import type { ByteRange } from './object-store.js';

/**
 * Refuses a range that is none. An end beyond the object (`Infinity` too) is right: it is cut when the size is
 * known.
 *
 * @throws AppError `invalid_request`
 */
export function checkRange({ start, end }: ByteRange): void {
  const whole = Number.isSafeInteger(start) && (Number.isSafeInteger(end) || end === Infinity);
  if (whole && start >= 0 && start <= end) return;
  throw new AppError(
    'invalid_request',
    `The byte range ${start} to ${end} is none; it must be whole numbers, 0 <= start <= end, both inclusive.`,
    { where: 'range' },
  );
}
