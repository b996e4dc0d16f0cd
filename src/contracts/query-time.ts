import { z } from 'zod';

/** A time in a query. A `+` there means a blank, so an offset with one has to be escaped; `Z` has not. */
export const QueryTime = z.iso
  .datetime({
    offset: true,
    error: 'must be a time in ISO 8601 with its zone, such as 2026-01-31T12:00:00Z (in a query, + is %2B)',
  })
  .transform((text) => new Date(text))
  // An offset may lead out of the years that four digits can say, and PostgreSQL reads no others.
  .refine((time) => /^(?!0000)\d{4}-/.test(time.toISOString()), 'must be of the years 0001 to 9999, in UTC');
