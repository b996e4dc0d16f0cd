import { z } from 'zod';
import { Promotion } from './promotion.js';

const number = z.number().nullable();
const text = z.string().nullable();
const Input = z.object({ key: z.string(), sha256: z.string(), size: z.int() });

const DiffSide = Promotion.pick({
  id: true,
  identifier: true,
  version: true,
  model_type: true,
  model_version: true,
  config_hash: true,
  sha256: true,
  created_at: true,
}).extend({
  build: text.meta({
    description: 'What trained the model; null for an imported one, or when its manifest is gone.',
  }),
});

/** What is different between the models of two promotions. */
export const PromotionDiff = z
  .object({
    from: DiffSide,
    to: DiffSide,
    same_model: z.boolean().meta({ description: 'Both are the same bytes.' }),
    parameters: z
      .array(z.object({ name: z.string(), from: text, to: text }))
      .meta({ description: 'Those that differ, as text; null where there is none of that name.' }),
    metrics: z
      .array(z.object({ name: z.string(), from: number, to: number, change: number }))
      .meta({ description: 'Of the held-out rows of each.' }),
    data: z
      .array(
        z.object({
          role: z.enum(['train', 'test']),
          from: Input.nullable(),
          to: Input.nullable(),
          same: z.boolean().meta({ description: 'Both are known, and the same bytes.' }),
        }),
      )
      .meta({ description: 'The input files, as they were read; null when that is not known any more.' }),
  })
  .meta({ id: 'PromotionDiff' });
export type PromotionDiff = z.infer<typeof PromotionDiff>;
