import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import { verdictOf } from '../../contracts/gate.js';
import {
  type CreatePromotion,
  CurrentAnswer,
  type CurrentQuery,
  type ListPromotions,
  type Promotion,
  PromotionDetail,
  type PromotionPage,
  PromotionPreview,
  type Rollback,
} from '../../contracts/promotion.js';
import { findServedModel } from '../../engine/champion.js';
import { type AskedPromotion, decidePromotion, type Judgement } from '../../engine/decide-promotion.js';
import { pointerDocument } from '../../engine/pointer-document.js';
import { globalPointer } from '../../engine/promote.js';
import { failpoint } from '../../engine/failpoint.js';
import { readLineage } from '../../engine/read-lineage.js';
import { requirePointer } from '../../engine/require-pointer.js';
import { rollBack, rollbackTarget } from '../../engine/rollback.js';
import type { Cursors } from '../../http/cursors.js';
import { newestFirst } from '../../http/newest-first.js';
import type { Once } from '../../http/once.js';
import type { RequestLimits } from '../../http/request-limits.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database, Tx } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { ServingService } from '../serving/serving.service.js';
import { findCandidate } from './find-candidate.js';
import { JudgeService } from './judge.service.js';
import { promotionFilter } from './promotion-filter.js';
import { refusedBy } from './refused-by.js';
import { runsItsExample } from './runs-its-example.js';
import { promotionInclude, requestInclude, toPromotion, toRequest } from './to-promotion.js';
import { whileStale } from './while-stale.js';

/** What a request that changes the pointer brings besides its body. */
export interface PointerChange {
  by: Caller;
  /** The pointer's version that the caller has seen; undefined for whatever it is. */
  expected: number | undefined;
  limits: RequestLimits;
  once: Once;
}

@Injectable()
export class PromotionsService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
    private readonly serving: ServingService,
    private readonly judges: JudgeService,
  ) {}

  /**
   * Promotes a version by hand, when its gates let it pass or are overridden.
   *
   * @returns as text the promotion, or the request that waits for an approval
   * @throws AppError `not_found`, `conflict` as `decidePromotion`; `unprocessable` with the request when a gate refuses
   */
  async create(
    { reason, override_gates, ...asked }: CreatePromotion,
    change: PointerChange,
  ): Promise<string> {
    const { by, expected, limits, once } = change;
    const kept = await once.replay(this.db);
    if (kept) return kept.text;
    const candidate = await findCandidate(this.db, asked);
    const { identifier, model_version } = candidate.served;
    return whileStale(async () => {
      // Decided under the lock below; but nobody has to wait for gates to hear this.
      await requirePointer(this.db, identifier, expected);
      const judgement = await this.judges.judge(candidate, limits);
      const request = { identifier, model_version, reason, by, expected, override: override_gates };
      if (verdictOf(judgement.gates, request) === 'refused') throw await this.refusal(request, judgement);
      const { text } = await once.run(
        this.db,
        async (tx) => {
          const { promotion, request: written } = await decidePromotion(tx, request, judgement);
          return promotion ? this.readPromotion(tx, promotion.id) : this.readRequest(tx, written.id);
        },
        (made) =>
          'verdict' in made
            ? { id: made.id, collection: '/promotion-requests', status: 202 }
            : { id: made.id },
      );
      failpoint('promote_after_commit');
      return text;
    });
  }

  /** What would come of it. @throws AppError `not_found`, `unavailable` */
  async preview(asked: CreatePromotion, limits: RequestLimits): Promise<PromotionPreview> {
    const candidate = await findCandidate(this.db, asked);
    const { gates, policy, champion } = await this.judges.judge(candidate, limits);
    const verdict = verdictOf(gates, { override: asked.override_gates });
    return PromotionPreview.parse({ ...candidate.served, verdict, gates, policy, champion });
  }

  /**
   * Promotes what served before, when it still loads and runs its example.
   *
   * @returns the promotion as text
   * @throws AppError `not_found`, `conflict` as `rollBack`; `unprocessable` when it does not run any more
   */
  async rollback(asked: Rollback, { by, expected, limits, once }: PointerChange): Promise<string> {
    const kept = await once.replay(this.db);
    if (kept) return kept.text;
    const { identifier } = asked;
    return whileStale(async () => {
      await requirePointer(this.db, identifier, expected);
      const target = await rollbackTarget(this.db, asked);
      const served = await findServedModel(this.db, identifier, target.model_version);
      const gate = await runsItsExample(this.serving, served, limits);
      if (gate.verdict === 'failed') {
        const message = `version ${target.model_version} of ${identifier} cannot serve any more: ${gate.message}`;
        throw new AppError('unprocessable', message);
      }
      const { text } = await once.run(this.db, async (tx) => {
        const { id } = await rollBack(tx, { ...asked, by, expected }, { target, gate });
        return this.readPromotion(tx, id);
      });
      failpoint('promote_after_commit');
      return text;
    });
  }

  /** @throws AppError `not_found` */
  async get(id: string): Promise<PromotionDetail> {
    const row = await this.db.promotion.findUnique({ where: { id }, include: { request: true } });
    if (!row) throw new AppError('not_found', `there is no promotion ${id}`);
    const { gates, overridden, scoreboard, policy } = toRequest({ ...row.request, promotion: row });
    const replaced = row.replaces && (await this.db.promotion.findUnique({ where: { id: row.replaces } }));
    return PromotionDetail.parse({
      ...row,
      gates,
      overridden,
      scoreboard,
      policy,
      replaced: replaced || null,
      lineage: await readLineage(this.db, row.identifier, row.model_version),
    });
  }

  async list(query: ListPromotions): Promise<PromotionPage> {
    const { where, page, ...order } = newestFirst(this.cursors, '/promotions', query);
    const rows = await this.db.promotion.findMany({
      where: { AND: [promotionFilter(query), where] },
      ...order,
      include: promotionInclude,
    });
    const { items, next_cursor } = page(rows);
    return { items: items.map(toPromotion), next_cursor };
  }

  /**
   * One pointer answers with its version as `ETag`, and with nothing to a caller who has seen it.
   * @throws AppError `not_found` when nothing is promoted for the identifier that is asked for
   */
  async current(
    query: CurrentQuery,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<CurrentAnswer | undefined> {
    const { identifier } = query;
    if (identifier !== undefined) {
      const row = await this.db.pointer.findUnique({ where: { identifier }, include: { promotion: true } });
      if (!row?.promotion)
        throw new AppError('not_found', `nothing is promoted for identifier ${identifier}`);
      const etag = `"${row.version}"`;
      void reply.header('etag', etag).header('cache-control', 'no-cache');
      if (!namesTag(request.headers['if-none-match'], etag)) return pointerDocument(row.promotion);
      void reply.status(304);
      return undefined;
    }
    const { where, page, ...order } = newestFirst(this.cursors, '/promotions/current', query);
    const promotions = await this.db.promotion.findMany({
      where: { pointers: { some: { identifier: { not: globalPointer } } }, ...where },
      ...order,
    });
    const { items, next_cursor } = page(promotions);
    return { items: items.map(pointerDocument), next_cursor };
  }

  private async refusal(asked: AskedPromotion, judgement: Judgement): Promise<AppError> {
    const { request } = await inTransaction(this.db, (tx) => decidePromotion(tx, asked, judgement));
    return refusedBy(await this.readRequest(this.db, request.id));
  }

  private async readPromotion(db: Database | Tx, id: string): Promise<Promotion> {
    return toPromotion(await db.promotion.findUniqueOrThrow({ where: { id }, include: promotionInclude }));
  }

  private async readRequest(db: Database | Tx, id: string) {
    return toRequest(await db.promotionRequest.findUniqueOrThrow({ where: { id }, include: requestInclude }));
  }
}

function namesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
