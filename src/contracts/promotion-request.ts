import { z } from 'zod';
import { Gate } from './gate.js';
import { GatePolicy } from './gate-policy.js';
import { Identifier } from './identifier.js';
import { PageQuery, pageOf } from './page.js';
import { Problem } from './problem.js';
import { Reason } from './promotion.js';
import { ScoreboardRow } from './scoreboard.js';
import { Timestamp } from './timestamp.js';

const verdicts = ['accepted', 'refused', 'pending', 'rejected'] as const;

/** That somebody, or a run, asked for a promotion, and what came of it. */
export const PromotionRequest = z
  .object({
    id: z.string(),
    identifier: z.string(),
    model_version: z.int(),
    actor: z.string(),
    reason: z.string().nullable(),
    verdict: z.enum(verdicts).meta({
      description: 'refused by a gate; pending until somebody approves or rejects it; rejected by them.',
    }),
    overridden: z.boolean(),
    gates: z.array(Gate),
    policy: GatePolicy.nullable(),
    scoreboard: z.array(ScoreboardRow).nullable(),
    pipeline_run_id: z.string().nullable(),
    promotion_id: z.string().nullable(),
    created_at: Timestamp,
    decided_by: z.string().nullable().meta({ description: 'Who approved or rejected it.' }),
    decided_at: Timestamp.nullable(),
    decision_reason: z.string().nullable(),
  })
  .meta({ id: 'PromotionRequest' });
export type PromotionRequest = z.infer<typeof PromotionRequest>;

export const PromotionRequestPage = pageOf(PromotionRequest, 'PromotionRequestPage');
export type PromotionRequestPage = z.infer<typeof PromotionRequestPage>;

export const RequestPath = z.object({ id: z.uuid('must be the id of a promotion request') });
export type RequestPath = z.infer<typeof RequestPath>;

export const ListPromotionRequests = PageQuery.extend({
  identifier: Identifier.optional(),
  verdict: z.enum(verdicts).optional(),
});
export type ListPromotionRequests = z.infer<typeof ListPromotionRequests>;

/** What whoever was to approve a request says. */
export const DecideRequest = z
  .strictObject({ reason: Reason })
  .meta({ id: 'DecideRequest', examples: [{ reason: 'looked at the forecasts of last week' }] });
export type DecideRequest = z.infer<typeof DecideRequest>;

/** Why a promotion was refused: the request as it is kept; none when it did not come to one. */
export const PromotionRefused = Problem.extend({ request: PromotionRequest.optional() }).meta({
  id: 'PromotionRefused',
});
