import { GatePolicy } from '../../contracts/gate-policy.js';
import { Promotion } from '../../contracts/promotion.js';
import { PromotionRequest } from '../../contracts/promotion-request.js';
import type { Prisma } from '../../generated/prisma/client.js';

/** What an answer shows of a promotion besides its row. */
export const promotionInclude = { request: { select: { gates: true, overridden: true } } } as const;
/** The same of a request. */
export const requestInclude = { promotion: { select: { id: true } } } as const;

export function toPromotion({
  request,
  ...row
}: Prisma.PromotionGetPayload<{ include: typeof promotionInclude }>): Promotion {
  return Promotion.parse({ ...row, ...request });
}

export function toRequest({
  promotion,
  policy,
  ...row
}: Prisma.PromotionRequestGetPayload<{ include: typeof requestInclude }>): PromotionRequest {
  return PromotionRequest.parse({
    ...row,
    // Gates that were added since it was judged have their presets.
    policy: policy && GatePolicy.parse(policy),
    promotion_id: promotion?.id ?? null,
  });
}
