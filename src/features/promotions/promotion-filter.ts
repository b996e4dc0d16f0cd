import type { ListPromotions } from '../../contracts/promotion.js';
import type { Prisma } from '../../generated/prisma/client.js';

/** Which promotions a list shows. */
export function promotionFilter(query: ListPromotions): Prisma.PromotionWhereInput {
  const { identifier, model_type, run_id, config_hash, sha256, actor } = query;
  const created_at = { gte: query.created_after, lt: query.created_before };
  return { identifier, model_type, run_id, config_hash, sha256, actor, created_at };
}
