import { z } from 'zod';
import { storableText } from './storable-text.js';

export const maxTags = 50;

export const TagKey = z
  .string()
  .regex(/^[A-Za-z0-9][\w./-]{0,99}$/, 'must be 1 to 100 letters, digits, "_", ".", "/" or "-"');
export const TagValue = storableText(500);

/** Words that people put on a run to find it again. */
export const RunTags = z
  .record(TagKey, TagValue)
  .refine((tags) => Object.keys(tags).length <= maxTags, `must be ${maxTags} tags at most`)
  .meta({ description: 'Words to find the run again by.', examples: [{ team: 'energy' }] });
export type RunTags = z.infer<typeof RunTags>;

/** Enough to replace all tags of something by as many others. */
const maxTagChanges = 2 * maxTags;

export const TagChanges = z
  .record(TagKey, TagValue.nullable())
  .refine((tags) => Object.keys(tags).length <= maxTagChanges, `must be ${maxTagChanges} tags at most`)
  .meta({
    description: 'Tags to set, and with null to remove. Others stay as they are.',
    examples: [{ team: 'energy', draft: null }],
  });

export const RunNote = storableText(10_000).meta({
  description: 'What people should know about the run.',
});

export const RunPriority = z.int().min(-100).max(100).meta({
  description: 'Of two steps that wait for the same worker, that of the higher priority goes first.',
});
