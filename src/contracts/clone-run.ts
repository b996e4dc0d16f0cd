import { z } from 'zod';
import { RunNote, RunPriority, RunTags } from './run-labels.js';

/** What is to be different from the run that is cloned. */
export const CloneRun = z
  .strictObject({
    parameters: z
      .record(z.string(), z.json())
      .default({})
      .meta({
        description: 'Put in the place of those of the run; the others stay.',
        examples: [{ epochs: 3 }],
      }),
    tags: RunTags.optional(),
    note: RunNote.nullable().default(null),
    priority: RunPriority.optional(),
  })
  .prefault({})
  .meta({ id: 'CloneRun', examples: [{ parameters: { epochs: 3 } }] });
export type CloneRun = z.infer<typeof CloneRun>;
