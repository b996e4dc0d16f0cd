import { AppError } from '../contracts/app-error.js';
import type { Caller } from '../contracts/caller.js';
import type { Gate } from '../contracts/gate.js';
import type { Promotion } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';
import { findServedModel } from './champion.js';
import { StaleChampion } from './effect.js';
import { lockPointer, promote } from './promote.js';
import { requirePointer } from './require-pointer.js';

/** Where somebody wants to go back to. */
export interface AskedRollback {
  identifier: string;
  /** Version of the promotion whose model shall serve again; undefined for the one before. */
  to?: number;
  reason: string;
  by: Caller;
  /** As of a promotion. */
  expected?: number;
}

/**
 * The promotion whose model a rollback brings back. The one before is the newest that another model served by than
 * now, counted from what a rollback restored: two rollbacks go back two models, and not there and back again.
 *
 * @throws AppError `not_found` when there is no such promotion; `conflict` when there is nothing to go back to, or it
 *   serves already
 */
export async function rollbackTarget(
  db: Database | Tx,
  { identifier, to }: Pick<AskedRollback, 'identifier' | 'to'>,
): Promise<Promotion> {
  const history = { where: { identifier }, orderBy: { version: 'desc' } } as const;
  const current = await db.promotion.findFirst(history);
  if (!current) throw new AppError('not_found', `nothing is promoted for identifier ${identifier}`);
  const target =
    to === undefined
      ? await db.promotion.findFirst({
          ...history,
          where: {
            identifier,
            version: { lt: current.restores ?? current.version },
            model_version: { not: current.model_version },
          },
        })
      : await db.promotion.findUnique({ where: { identifier_version: { identifier, version: to } } });
  if (!target) {
    if (to !== undefined) throw new AppError('not_found', `there is no promotion ${to} of ${identifier}`);
    const message = `no other model was promoted for ${identifier} before version ${current.model_version} of it`;
    throw new AppError('conflict', message);
  }
  if (target.model_version === current.model_version) {
    const message = `version ${target.model_version} of ${identifier}, of its promotion ${target.version}, serves already`;
    throw new AppError('conflict', message);
  }
  return target;
}

/**
 * Promotes what an earlier promotion promoted, in the caller's transaction.
 *
 * @param tried the promotion whose model was found to load and run, with the gate that says so
 * @throws AppError `conflict`, with the current pointer, when it is not at the expected version; as `rollbackTarget`;
 *   StaleChampion when the way back leads elsewhere by now
 */
export async function rollBack(
  tx: Tx,
  asked: AskedRollback,
  tried: { target: Promotion; gate: Gate },
): Promise<Promotion> {
  const { identifier, reason, by, expected } = asked;
  // Before the target is looked for: of two who roll back at once, the second one starts from where the first one went.
  await lockPointer(tx, identifier);
  await requirePointer(tx, identifier, expected);
  const target = await rollbackTarget(tx, asked);
  if (target.id !== tried.target.id) throw new StaleChampion();
  const { model } = await findServedModel(tx, identifier, target.model_version);
  if (model.sha256 !== target.sha256) {
    throw new AppError('internal', `version ${target.model_version} of ${identifier} has other bytes by now`);
  }
  const request = await tx.promotionRequest.create({
    data: {
      identifier,
      model_version: target.model_version,
      actor: by.name,
      reason,
      gates: [tried.gate],
      verdict: 'accepted',
    },
  });
  const { model_version, model_type, run_id, experiment, config_hash, sha256 } = target;
  const { score, rmse, mae, mse, weights } = target;
  const candidate = {
    request_id: request.id,
    identifier,
    model_version,
    model_type,
    run_id,
    experiment,
    config_hash,
    sha256,
    score,
    rmse,
    mae,
    mse,
    weights: weights ?? {},
    actor: by.name,
    reason,
    restores: target.restores ?? target.version,
  };
  return promote(tx, candidate, by);
}
