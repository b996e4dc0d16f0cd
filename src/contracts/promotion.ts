import { z } from 'zod';
import { Gate } from './gate.js';
import { Identifier } from './identifier.js';
import { ModelVersionNumber } from './predict-target.js';
import { Problem } from './problem.js';
import { storableText } from './storable-text.js';
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

export type Promotion = z.infer<typeof Promotion>;

export const PromotionPath = z.object({ id: z.uuid('must be the id of a promotion') });
export type PromotionPath = z.infer<typeof PromotionPath>;

/** A promotion by hand: which version of the identifier's model, by its number or by the tracked run that made it. */
export const CreatePromotion = z
  .strictObject({
    identifier: Identifier,
    run_id: storableText(100)
      .min(1)
      .optional()
      .meta({ description: 'The tracked run that trained or imported the model: its newest version.' }),
    model_version: ModelVersionNumber.optional(),
    reason: storableText(1_000).min(1).meta({ description: 'Why: it stays in the history.' }),
  })
  .superRefine(({ run_id, model_version }, context) => {
    if ((run_id === undefined) !== (model_version === undefined)) return;
    const message = `give either run_id (a tracked run) or model_version${run_id === undefined ? '' : ', not both'}`;
    context.addIssue({ code: 'custom', path: ['model_version'], message });
  })
  .meta({
    id: 'CreatePromotion',
    examples: [{ identifier: 'quickstart', model_version: 1, reason: 'steadier on holidays' }],
  });
export type CreatePromotion = z.infer<typeof CreatePromotion>;

/** That somebody asked for a promotion, and what came of it. */
export const PromotionRequest = z
  .object({
    id: z.string(),
    identifier: z.string(),
    model_version: z.int(),
    actor: z.string(),
    reason: z.string().nullable(),
    verdict: z.enum(['accepted', 'refused']),
    gates: z.array(Gate),
    created_at: Timestamp,
  })
  .meta({ id: 'PromotionRequest' });
export type PromotionRequest = z.infer<typeof PromotionRequest>;

/** Why a promotion was refused: the request as it is kept; none when it did not come to one. */
export const PromotionRefused = Problem.extend({ request: PromotionRequest.optional() }).meta({
  id: 'PromotionRefused',
});

/** What is promoted instead of what the caller has seen; null when nothing is. */
export const PointerMoved = Problem.extend({ current: CurrentPointer.nullable() }).meta({
  id: 'PointerMoved',
});

export const PromotionPage = pageOf(Promotion, 'PromotionPage');
export type PromotionPage = z.infer<typeof PromotionPage>;

export const ListPromotions = PageQuery.extend({ identifier: Identifier.optional() });
export type ListPromotions = z.infer<typeof ListPromotions>;

export const CurrentQuery = PageQuery.extend({ identifier: Identifier.optional() });
export type CurrentQuery = z.infer<typeof CurrentQuery>;

/** One pointer when an identifier is named, all of them as a list otherwise. */
export const CurrentAnswer = z.union([CurrentPointer, pageOf(CurrentPointer, 'CurrentPointerPage')]);
export type CurrentAnswer = z.infer<typeof CurrentAnswer>;
