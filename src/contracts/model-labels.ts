import { z } from 'zod';
import { maxTags, TagKey, TagValue } from './run-labels.js';
import { storableText } from './storable-text.js';

/** Words that people put on a model or a version of it. */
export const ModelTags = z
  .record(TagKey, TagValue)
  .refine((tags) => Object.keys(tags).length <= maxTags, `must be ${maxTags} tags at most`)
  .meta({ description: 'Words to find it again by.', examples: [{ team: 'growth' }] });
export type ModelTags = z.infer<typeof ModelTags>;

export const ModelDescription = storableText(10_000).meta({
  description: 'What people should know about it.',
});
