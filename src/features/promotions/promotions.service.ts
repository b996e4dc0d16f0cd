import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import {
  type CreatePromotion,
  CurrentAnswer,
  type CurrentQuery,
  type ListPromotions,
  Promotion,
  type PromotionPage,
  PromotionRequest,
} from '../../contracts/promotion.js';
import { pointerDocument } from '../../engine/pointer-document.js';
import { globalPointer } from '../../engine/promote.js';
import { type HandRequest, promoteByHand, refuseByHand } from '../../engine/promote-by-hand.js';
import type { Promotion as PromotionRow } from '../../generated/prisma/client.js';
import type { Cursors } from '../../http/cursors.js';
import { newestFirst } from '../../http/newest-first.js';
import type { Once } from '../../http/once.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { ServingService } from '../serving/serving.service.js';
import { findCandidate } from './find-candidate.js';
import { runsItsExample } from './runs-its-example.js';

const withGates = { request: { select: { gates: true } } } as const;

@Injectable()
export class PromotionsService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
    private readonly serving: ServingService,
  ) {}

  /**
   * Promotes a version by hand, when it loads and runs its example.
   *
   * @param expected the pointer's version that the caller has seen
   * @returns the promotion as text
   * @throws AppError `not_found`, `conflict` as `promoteByHand`; `unprocessable` with the request when the gate refuses
   */
  async create(
    { reason, ...asked }: CreatePromotion,
    expected: number | undefined,
    by: Caller,
    once: Once,
  ): Promise<string> {
    const kept = await once.replay(this.db);
    if (kept) return kept.text;
    const { identifier } = asked;
    const { model_version, sha256, figures } = await findCandidate(this.db, asked);
    const gate = await runsItsExample(this.serving, { identifier, version: model_version, sha256 });
    const gates = [gate];
    const request = { identifier, model_version, by, reason, gates, expected };
    if (gate.verdict === 'failed') throw await this.refusal(request, gate.message);
    const { text } = await once.run(this.db, async (tx) => {
      const { promotion } = await promoteByHand(tx, request, figures);
      return Promotion.parse({ ...promotion, gates });
    });
    return text;
  }

  /** @throws AppError `not_found` */
  async get(id: string): Promise<Promotion> {
    const row = await this.db.promotion.findUnique({ where: { id }, include: withGates });
    if (!row) throw new AppError('not_found', `there is no promotion ${id}`);
    return toPromotion(row);
  }

  async list(query: ListPromotions): Promise<PromotionPage> {
    const { where, page, ...order } = newestFirst(this.cursors, '/promotions', query);
    const rows = await this.db.promotion.findMany({
      where: { identifier: query.identifier, ...where },
      ...order,
      include: withGates,
    });
    const { items, next_cursor } = page(rows);
    return { items: items.map(toPromotion), next_cursor };
  }

  /** @throws AppError `not_found` when nothing is promoted for the identifier that is asked for */
  async current(query: CurrentQuery): Promise<CurrentAnswer> {
    const { identifier } = query;
    if (identifier !== undefined) {
      const row = await this.db.pointer.findUnique({ where: { identifier }, include: { promotion: true } });
      if (!row?.promotion)
        throw new AppError('not_found', `nothing is promoted for identifier ${identifier}`);
      return pointerDocument(row.promotion);
    }
    const { where, page, ...order } = newestFirst(this.cursors, '/promotions/current', query);
    const promotions = await this.db.promotion.findMany({
      where: { pointers: { some: { identifier: { not: globalPointer } } }, ...where },
      ...order,
    });
    const { items, next_cursor } = page(promotions);
    return { items: items.map(pointerDocument), next_cursor };
  }

  private async refusal(asked: HandRequest, why: string): Promise<AppError> {
    const request = await inTransaction(this.db, (tx) => refuseByHand(tx, asked));
    const message = `version ${asked.model_version} of ${asked.identifier} cannot be promoted: ${why}`;
    return new AppError('unprocessable', message, { members: { request: PromotionRequest.parse(request) } });
  }
}

function toPromotion({ request, ...row }: PromotionRow & { request: { gates: unknown } }): Promotion {
  return Promotion.parse({ ...row, ...request });
}
