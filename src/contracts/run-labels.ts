import { z } from 'zod';

const maxTags = 50;

/** Words that people put on a run to find it again. */
export const RunTags = z
  .record(
    z.string().regex(/^[A-Za-z0-9][\w./-]{0,99}$/, 'must be 1 to 100 letters, digits, "_", ".", "/" or "-"'),
    z.string().max(500),
  )
  .refine((tags) => Object.keys(tags).length <= maxTags, `must be ${maxTags} tags at most`)
  .meta({ description: 'Words to find the run again by.', examples: [{ team: 'energy' }] });
export type RunTags = z.infer<typeof RunTags>;

export const RunNote = z.string().max(10_000).meta({ description: 'What people should know about the run.' });

export const RunPriority = z.int().min(-100).max(100).meta({
  description: 'Of two steps that wait for the same worker, that of the higher priority goes first.',
});
