import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import { verdictOf } from '../../contracts/gate.js';
import type {
  DecideRequest,
  ListPromotionRequests,
  PromotionRequest,
  PromotionRequestPage,
} from '../../contracts/promotion-request.js';
import { approveRequest, rejectRequest } from '../../engine/decide-request.js';
import { failpoint } from '../../engine/failpoint.js';
import { requirePointer } from '../../engine/require-pointer.js';
import type { Cursors } from '../../http/cursors.js';
import { newestFirst } from '../../http/newest-first.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { findCandidate } from './find-candidate.js';
import { JudgeService } from './judge.service.js';
import type { PointerChange } from './promotions.service.js';
import { refusedBy } from './refused-by.js';
import { promotionInclude, requestInclude, toPromotion, toRequest } from './to-promotion.js';
import { whileStale } from './while-stale.js';

const list = '/promotion-requests';

@Injectable()
export class PromotionRequestsService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
    private readonly judges: JudgeService,
  ) {}

  async list(query: ListPromotionRequests): Promise<PromotionRequestPage> {
    const { identifier, verdict } = query;
    const { where, page, ...order } = newestFirst(this.cursors, list, query);
    const rows = await this.db.promotionRequest.findMany({
      where: { identifier, verdict, ...where },
      ...order,
      include: requestInclude,
    });
    const { items, next_cursor } = page(rows);
    return { items: items.map(toRequest), next_cursor };
  }

  /** @throws AppError `not_found` */
  async get(id: string): Promise<PromotionRequest> {
    const row = await this.db.promotionRequest.findUnique({ where: { id }, include: requestInclude });
    if (!row) throw new AppError('not_found', `there is no promotion request ${id}`);
    return toRequest(row);
  }

  /**
   * Approves what waits for it. Its gates are looked at anew: something else may serve by now.
   *
   * @returns the promotion as text
   * @throws AppError `not_found`; `conflict` when it does not wait any more, or the pointer is not where the caller has
   *   seen it; `unprocessable` with the request when by now a gate refuses it
   */
  async approve(id: string, { reason }: DecideRequest, change: PointerChange): Promise<string> {
    const { by, expected, limits, once } = change;
    const kept = await once.replay(this.db);
    if (kept) return kept.text;
    const { identifier, model_version, verdict } = await this.get(id);
    if (verdict !== 'pending') throw decided(id, verdict);
    const candidate = await findCandidate(this.db, { identifier, model_version });
    return whileStale(async () => {
      await requirePointer(this.db, identifier, expected);
      const judgement = await this.judges.judge(candidate, limits);
      const gates = judgement.gates.filter(({ name }) => name !== 'approved');
      const approval = { id, by, reason, expected };
      if (verdictOf(gates) === 'refused') {
        await inTransaction(this.db, (tx) => approveRequest(tx, approval, { ...judgement, gates }));
        throw refusedBy(await this.get(id));
      }
      const { text } = await once.run(this.db, async (tx) => {
        const { promotion } = await approveRequest(tx, approval, { ...judgement, gates });
        if (!promotion) throw new AppError('internal', 'an approved request made no promotion');
        return toPromotion(
          await tx.promotion.findUniqueOrThrow({ where: { id: promotion.id }, include: promotionInclude }),
        );
      });
      failpoint('promote_after_commit');
      return text;
    });
  }

  /** @throws AppError `not_found`; `conflict` when it does not wait any more */
  async reject(id: string, { reason }: DecideRequest, by: PointerChange['by']): Promise<PromotionRequest> {
    await inTransaction(this.db, (tx) => rejectRequest(tx, { id, by, reason }));
    return this.get(id);
  }
}

function decided(id: string, verdict: PromotionRequest['verdict']): AppError {
  return new AppError('conflict', `promotion request ${id} does not wait for an approval: it is ${verdict}`);
}
