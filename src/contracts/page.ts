import { z } from 'zod';

export const defaultLimit = 20;
export const maxLimit = 200;

/** Query parameters of every list. They arrive as text. */
export const PageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(maxLimit))
    .default(defaultLimit)
    .meta({
      description: `How many at most: ${defaultLimit} without it, ${maxLimit} at most.`,
      examples: ['20'],
    }),
  cursor: z
    .string()
    .max(500)
    .optional()
    .meta({ description: 'Where to go on: `next_cursor` of the page before.' }),
});

/** A page of a list; `next_cursor` is null on the last one. */
export function pageOf<T extends z.ZodType>(item: T, id: string) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() }).meta({ id });
}
