import { z } from 'zod';

/**
 * The namespace that promotion pointers live in, and the name under which a pipeline registers its models.
 * `current.json` is taken: the newest promotion of all stands under that key, beside the identifiers.
 */
export const Identifier = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'must be 1 to 100 letters, digits, ".", "_" or "-", beginning with a letter or digit',
  )
  .refine((value) => value !== 'current.json', '"current.json" is the name of the pointer file')
  .meta({ description: 'The namespace that promotions live in.', examples: ['quickstart'] });
export type Identifier = z.infer<typeof Identifier>;
