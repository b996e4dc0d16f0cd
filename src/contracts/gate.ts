import { z } from 'zod';

/** One condition for a promotion, with what it looked at. */
export const Gate = z
  .object({
    name: z.enum(['finite_metrics', 'runs_its_example', 'beats_naive', 'not_worse_than_champion']),
    verdict: z.enum(['passed', 'failed', 'not_comparable']).meta({ description: 'Only failed refuses.' }),
    inputs: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
    message: z.string(),
  })
  .meta({ id: 'Gate' });
export type Gate = z.infer<typeof Gate>;
