import type { Caller } from '../contracts/caller.js';
import { type Gate, verdictOf } from '../contracts/gate.js';
import type { GatePolicy } from '../contracts/gate-policy.js';
import type { CurrentPointer } from '../contracts/pointer.js';
import type { Promotion, PromotionRequest } from '../generated/prisma/client.js';
import type { Tx } from '../platform/database/database.js';
import { auditRequest } from './audit-request.js';
import { findServedModel } from './champion.js';
import { StaleChampion } from './effect.js';
import { lockPointer, promote } from './promote.js';
import { requirePointer } from './require-pointer.js';
import { experimentOf } from './tracked-runs.js';

/** What somebody asks for. */
export interface AskedPromotion {
  identifier: string;
  model_version: number;
  reason: string;
  by: Caller;
  /** The pointer's version that they have seen, 0 before the first promotion; undefined for whatever it is. */
  expected?: number;
  /** They want it although gates fail. */
  override: boolean;
}

/** What a promotion shows of how good its model is. */
export type Figures = Pick<CurrentPointer, 'score' | 'rmse' | 'mae' | 'mse' | 'weights'>;

/** What was found out about the candidate. */
export interface Judgement {
  gates: Gate[];
  policy: GatePolicy;
  /** The model version that served when it was judged. */
  champion: number | null;
  figures: Figures;
}

export interface Decision {
  request: PromotionRequest;
  /** None when it was refused, or waits for an approval. */
  promotion: Promotion | null;
}

/**
 * Decides about a promotion that somebody asks for: request, promotion and pointer in the caller's transaction.
 *
 * @throws AppError `conflict`, with the current pointer, when it is not at the expected version; `not_found` when there
 *   is no such version any more; StaleChampion when something else serves by now than it was judged against
 */
export async function decidePromotion(
  tx: Tx,
  asked: AskedPromotion,
  judgement: Judgement,
): Promise<Decision> {
  const { identifier, model_version, by, reason, override } = asked;
  await lockJudged(tx, asked, judgement);
  // Under the lock: a run may be deleted with the version meanwhile, which takes the same lock (see `deleteRun`).
  await findServedModel(tx, identifier, model_version);
  const { gates, policy } = judgement;
  const verdict = verdictOf(gates, { override });
  const overridden = verdict === 'accepted' && verdictOf(gates) !== 'accepted';
  const request = await tx.promotionRequest.create({
    data: { identifier, model_version, actor: by.name, reason, gates, policy, verdict, overridden },
  });
  if (verdict !== 'accepted') {
    await auditRequest(tx, request, gates, by);
    return { request, promotion: null };
  }
  return { request, promotion: await promoteRequest(tx, request, judgement.figures, by, reason) };
}

/**
 * The pointer is locked before anything is looked at. That closes two races: two promoters who have seen the same
 * version, of whom the second would undo a promotion that it never saw; and a candidate that was found to be better
 * than what no longer serves.
 */
export async function lockJudged(
  tx: Tx,
  { identifier, expected }: Pick<AskedPromotion, 'identifier' | 'expected'>,
  { champion }: Judgement,
): Promise<void> {
  const version = await lockPointer(tx, identifier);
  await requirePointer(tx, identifier, expected);
  const serving = await tx.promotion.findUnique({
    where: { identifier_version: { identifier, version } },
    select: { model_version: true },
  });
  if ((serving?.model_version ?? null) !== champion) throw new StaleChampion();
}

/** Promotes the candidate of a request that was accepted. Under the lock that `lockJudged` takes. */
export async function promoteRequest(
  tx: Tx,
  request: PromotionRequest,
  figures: Figures,
  by: Caller,
  reason: string,
): Promise<Promotion> {
  const { identifier, model_version, pipeline_run_id } = request;
  const { model_type, run_id, config_hash, model } = await findServedModel(tx, identifier, model_version);
  const candidate = {
    request_id: request.id,
    identifier,
    model_version,
    model_type,
    run_id,
    experiment: await experimentOf(tx, run_id),
    config_hash,
    sha256: model.sha256,
    ...figures,
    actor: by.name,
    reason,
    pipeline_run_id,
  };
  return promote(tx, candidate, by);
}
