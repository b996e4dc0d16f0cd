import { z } from 'zod';

/** Text of at most so many characters that PostgreSQL can store: no zero character, no half of a surrogate pair. */
export function storableText(max: number) {
  return z
    .string()
    .max(max)
    .refine((text) => !/[\0\p{Cs}]/u.test(text), 'must be well-formed Unicode without a zero character');
}
