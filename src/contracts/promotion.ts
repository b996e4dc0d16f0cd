import { z } from 'zod';
import { Gate } from './gate.js';
import { Identifier } from './identifier.js';
import { ServedType } from './served-manifest.js';
import { PageQuery, pageOf } from './page.js';
import { CurrentPointer } from './pointer.js';
import { ScoreWeights } from './score-weights.js';
import { Timestamp } from './timestamp.js';

const value = z.number().nullable();

/** One recorded decision that a model version serves an identifier. */
export const Promotion = z
  .object({
    id: z.string(),
    identifier: z.string(),
    version: z.int(),
    model_type: ServedType,
    model_version: z.int(),
    run_id: z.string().meta({ description: 'The tracked run that trained the model.' }),
    pipeline_run_id: z.string().nullable(),
    config_hash: z.string(),
    sha256: z.string(),
    score: value,
    rmse: value,
    mae: value,
    mse: value,
    weights: ScoreWeights,
    actor: z.string(),
    reason: z.string().nullable(),
    replaces: z.string().nullable().meta({ description: 'The promotion that served before.' }),
    created_at: Timestamp,
    gates: z.array(Gate),
  })
  .meta({ id: 'Promotion' });

export const PromotionPage = pageOf(Promotion, 'PromotionPage');
export type PromotionPage = z.infer<typeof PromotionPage>;

export const ListPromotions = PageQuery.extend({ identifier: Identifier.optional() });
export type ListPromotions = z.infer<typeof ListPromotions>;

export const CurrentQuery = PageQuery.extend({ identifier: Identifier.optional() });
export type CurrentQuery = z.infer<typeof CurrentQuery>;

/** One pointer when an identifier is named, all of them as a list otherwise. */
export const CurrentAnswer = z.union([CurrentPointer, pageOf(CurrentPointer, 'CurrentPointerPage')]);
export type CurrentAnswer = z.infer<typeof CurrentAnswer>;
