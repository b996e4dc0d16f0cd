import { z } from 'zod';
import { Gate } from './gate.js';
import { GatePolicy } from './gate-policy.js';
import { QueryTime } from './query-time.js';
import { ScoreboardRow } from './scoreboard.js';
import { Identifier } from './identifier.js';
import { Lineage } from './lineage.js';
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
    restores: z
      .int()
      .nullable()
      .meta({ description: 'Of a rollback: the version of the promotion whose model serves again.' }),
    request_id: z.string(),
    overridden: z.boolean().meta({ description: 'It was promoted although a gate failed.' }),
    created_at: Timestamp,
    gates: z.array(Gate),
  })
  .meta({ id: 'Promotion' });

export type Promotion = z.infer<typeof Promotion>;

export const Reason = storableText(1_000).min(1).meta({ description: 'Why: it stays in the history.' });

/** A promotion, and all that the decision was made from. */
export const PromotionDetail = Promotion.extend({
  policy: GatePolicy.nullable().meta({ description: 'The gates that it had to pass; null for a rollback.' }),
  scoreboard: z.array(ScoreboardRow).nullable(),
  replaced: Promotion.pick({
    id: true,
    version: true,
    model_type: true,
    model_version: true,
    sha256: true,
    created_at: true,
  })
    .nullable()
    .meta({ description: 'What served before.' }),
  lineage: Lineage.meta({ description: 'Where its model comes from, and where it went.' }),
}).meta({ id: 'PromotionDetail' });
export type PromotionDetail = z.infer<typeof PromotionDetail>;

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
    reason: Reason,
    override_gates: z.boolean().default(false).meta({
      description:
        'Promote it although gates fail, or without an approval. It must load and run its example all the same. It stays in the history.',
    }),
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

/** Back to what was promoted before. */
export const Rollback = z
  .strictObject({
    identifier: Identifier,
    to: z.int().positive().max(2_147_483_647).optional().meta({
      description:
        'Version of the promotion whose model shall serve again; without it the newest one of another model before it.',
    }),
    reason: Reason,
  })
  .meta({ id: 'Rollback', examples: [{ identifier: 'quickstart', reason: 'forecasts drift since noon' }] });
export type Rollback = z.infer<typeof Rollback>;

/** What would come of a promotion if it were asked for now. */
export const PromotionPreview = z
  .object({
    identifier: z.string(),
    model_version: z.int(),
    verdict: z.enum(['accepted', 'refused', 'pending']),
    gates: z.array(Gate),
    policy: GatePolicy,
    champion: z.int().nullable().meta({ description: 'The model version that serves now.' }),
  })
  .meta({ id: 'PromotionPreview' });
export type PromotionPreview = z.infer<typeof PromotionPreview>;

/** What is promoted instead of what the caller has seen; null when nothing is. */
export const PointerMoved = Problem.extend({ current: CurrentPointer.nullable() }).meta({
  id: 'PointerMoved',
});

export const PromotionPage = pageOf(Promotion, 'PromotionPage');
export type PromotionPage = z.infer<typeof PromotionPage>;

const digest = z
  .string()
  .regex(/^[0-9a-f]{1,64}$/, 'must be lower-case hexadecimal digits')
  .optional();

export const ListPromotions = PageQuery.extend({
  identifier: Identifier.optional(),
  model_type: ServedType.optional(),
  run_id: storableText(100).optional().meta({ description: 'The tracked run that trained the model.' }),
  config_hash: digest,
  sha256: digest,
  actor: storableText(200).optional(),
  created_after: QueryTime.optional().meta({ description: 'Made at this time or later.' }),
  created_before: QueryTime.optional().meta({ description: 'Made before this time.' }),
});
export type ListPromotions = z.infer<typeof ListPromotions>;

export const CurrentQuery = PageQuery.extend({ identifier: Identifier.optional() });
export type CurrentQuery = z.infer<typeof CurrentQuery>;

/** Two promotions, of one identifier or of two. */
export const DiffQuery = z.object({
  from: z.uuid('must be the id of a promotion'),
  to: z.uuid('must be the id of a promotion'),
});
export type DiffQuery = z.infer<typeof DiffQuery>;

/** One pointer when an identifier is named, all of them as a list otherwise. */
export const CurrentAnswer = z.union([CurrentPointer, pageOf(CurrentPointer, 'CurrentPointerPage')]);
export type CurrentAnswer = z.infer<typeof CurrentAnswer>;
