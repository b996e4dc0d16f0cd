import { AppError } from '../../contracts/app-error.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { findAnsweringModel } from '../../engine/champion.js';
import { globalPointer } from '../../engine/promote.js';
import { unknownAlias } from '../../engine/registry/unknown.js';
import type { Database } from '../../platform/database/database.js';

/**
 * Which model a request asks for: what is promoted for an identifier, the newest promotion under a configuration, or
 * the newest of all; or, of the model with the identifier's name, a version or what an alias names.
 */
export type Target =
  | { identifier?: string; config_hash?: string }
  | { identifier: string; version: number }
  | { identifier: string; alias: string };

/**
 * The model that a target leads to now.
 * @throws AppError `not_found`
 */
export async function resolveTarget(db: Database, target: Target): Promise<ServedModel> {
  if ('version' in target) return findAnsweringModel(db, target.identifier, target.version);
  if ('alias' in target) {
    const { identifier: name, alias } = target;
    const row = await db.modelAlias.findUnique({ where: { name_alias: { name, alias } } });
    if (!row) throw unknownAlias(name, alias);
    return findAnsweringModel(db, name, row.version);
  }
  const promotion = await findPromotion(db, target);
  if (!promotion) throw notPromoted(target);
  return findAnsweringModel(db, promotion.identifier, promotion.model_version);
}

async function findPromotion(
  db: Database,
  { identifier, config_hash }: { identifier?: string; config_hash?: string },
) {
  if (config_hash !== undefined) {
    return db.promotion.findFirst({
      where: { identifier, config_hash },
      orderBy: [{ created_at: 'desc' }, { version: 'desc' }],
    });
  }
  const pointer = await db.pointer.findUnique({
    where: { identifier: identifier ?? globalPointer },
    include: { promotion: true },
  });
  return pointer?.promotion;
}

function notPromoted({ identifier, config_hash }: { identifier?: string; config_hash?: string }): AppError {
  const of = [
    identifier === undefined ? '' : ` for identifier ${identifier}`,
    config_hash === undefined ? '' : ` under config_hash ${config_hash}`,
  ].join('');
  return new AppError('not_found', `nothing is promoted${of}`);
}
