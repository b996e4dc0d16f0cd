import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import {
  CurrentAnswer,
  type CurrentQuery,
  type ListPromotions,
  PromotionPage,
} from '../../contracts/promotion.js';
import { pointerDocument } from '../../engine/pointer-document.js';
import { globalPointer } from '../../engine/promote.js';
import type { Cursors } from '../../http/cursors.js';
import { newestFirst } from '../../http/newest-first.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';

@Injectable()
export class PromotionsService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
  ) {}

  async list(query: ListPromotions): Promise<PromotionPage> {
    const { where, page, ...order } = newestFirst(this.cursors, '/promotions', query);
    const rows = await this.db.promotion.findMany({
      where: { identifier: query.identifier, ...where },
      ...order,
      include: { request: { select: { gates: true } } },
    });
    const { items, next_cursor } = page(rows);
    return PromotionPage.parse({
      items: items.map(({ request, ...row }) => ({ ...row, ...request })),
      next_cursor,
    });
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
}
