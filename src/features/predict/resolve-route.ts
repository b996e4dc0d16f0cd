import type { ServedModel } from '../../contracts/served-model.js';
import { findServedModel } from '../../engine/champion.js';
import { globalPointer } from '../../engine/promote.js';
import type { Database } from '../../platform/database/database.js';

/** Which promotion a prediction asks for: an identifier's, the newest under a configuration, or the newest of all. */
export interface Route {
  identifier?: string;
  config_hash?: string;
}

/** The model that a route leads to now, or null when nothing is promoted there. */
export async function resolveRoute(
  db: Database,
  { identifier, config_hash }: Route,
): Promise<ServedModel | null> {
  const promotion =
    config_hash === undefined
      ? (
          await db.pointer.findUnique({
            where: { identifier: identifier ?? globalPointer },
            include: { promotion: true },
          })
        )?.promotion
      : await db.promotion.findFirst({
          where: { identifier, config_hash },
          orderBy: [{ created_at: 'desc' }, { version: 'desc' }],
        });
  return promotion ? findServedModel(db, promotion.identifier, promotion.model_version) : null;
}
