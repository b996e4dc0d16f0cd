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
import { olderThan, toPage } from '../../http/cursor.js';
import { DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';

@Injectable()
export class PromotionsService {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  async list({ limit, cursor, identifier }: ListPromotions): Promise<PromotionPage> {
    const rows = await this.db.promotion.findMany({
      where: { identifier, ...olderThan(cursor) },
      orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
      take: limit + 1,
      include: { request: { select: { gates: true } } },
    });
    const { items, next_cursor } = toPage(rows, limit);
    return PromotionPage.parse({
      items: items.map(({ request, ...row }) => ({ ...row, ...request })),
      next_cursor,
    });
  }

  /** @throws AppError `not_found` when nothing is promoted for the identifier that is asked for */
  async current({ identifier, limit, cursor }: CurrentQuery): Promise<CurrentAnswer> {
    if (identifier !== undefined) {
      const row = await this.db.pointer.findUnique({ where: { identifier }, include: { promotion: true } });
      if (!row?.promotion)
        throw new AppError('not_found', `nothing is promoted for identifier ${identifier}`);
      return pointerDocument(row.promotion);
    }
    const promotions = await this.db.promotion.findMany({
      where: { pointers: { some: { identifier: { not: globalPointer } } }, ...olderThan(cursor) },
      orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
      take: limit + 1,
    });
    const { items, next_cursor } = toPage(promotions, limit);
    return { items: items.map(pointerDocument), next_cursor };
  }
}
