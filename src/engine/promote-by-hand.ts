import { AppError } from '../contracts/app-error.js';
import type { Caller } from '../contracts/caller.js';
import type { Gate } from '../contracts/gate.js';
import type { ServedModel } from '../contracts/served-model.js';
import type { Promotion, PromotionRequest } from '../generated/prisma/client.js';
import type { Tx } from '../platform/database/database.js';
import { findServedModel } from './champion.js';
import { pointerDocument } from './pointer-document.js';
import { auditRefusal } from './audit-refusal.js';
import { type AcceptedCandidate, lockPointer, promote } from './promote.js';
import { experimentOf } from './tracked-runs.js';

/** What an operator asks for. */
export interface HandRequest {
  identifier: string;
  model_version: number;
  by: Caller;
  reason: string;
  /** What was found out about the model before; one that failed refuses it. */
  gates: Gate[];
  /** The pointer's version that the operator has seen, 0 before the first promotion; undefined for whatever it is. */
  expected?: number;
}

export type Figures = Pick<AcceptedCandidate, 'score' | 'rmse' | 'mae' | 'mse' | 'weights'>;

/**
 * Promotes a version by hand: request, promotion and pointer in the caller's transaction.
 *
 * @throws AppError `conflict`, with the current pointer, when it is not at the expected version; `not_found` when there
 *   is no such version any more
 */
export async function promoteByHand(
  tx: Tx,
  asked: HandRequest,
  figures: Figures,
): Promise<{ promotion: Promotion; request: PromotionRequest }> {
  const { request, served } = await writeRequest(tx, asked, 'accepted');
  const { identifier, by, reason } = asked;
  const { model_version, model_type, run_id, config_hash, model } = served;
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
  };
  const promotion = await promote(tx, candidate, by);
  return { promotion, request };
}

/**
 * Keeps a request that a gate refused; the pointer stays where it is.
 * @throws AppError as `promoteByHand`
 */
export async function refuseByHand(tx: Tx, asked: HandRequest): Promise<PromotionRequest> {
  const { request } = await writeRequest(tx, asked, 'refused');
  await auditRefusal(tx, request, asked.gates, asked.by);
  return request;
}

/**
 * The pointer is locked before anything is looked at. That closes two races: two promoters who have seen the same
 * version, of whom the second would undo a promotion that it never saw; and a run that is deleted with the version
 * meanwhile, which takes the same lock (see `deleteRun`).
 */
async function writeRequest(
  tx: Tx,
  { identifier, model_version, by, reason, gates, expected }: HandRequest,
  verdict: 'accepted' | 'refused',
): Promise<{ request: PromotionRequest; served: ServedModel }> {
  const version = await lockPointer(tx, identifier);
  if (expected !== undefined && expected !== version) throw await moved(tx, identifier, version, expected);
  const served = await findServedModel(tx, identifier, model_version);
  const request = await tx.promotionRequest.create({
    data: { identifier, model_version, actor: by.name, reason, gates, verdict },
  });
  return { request, served };
}

async function moved(tx: Tx, identifier: string, version: number, expected: number): Promise<AppError> {
  const pointer = await tx.pointer.findUnique({ where: { identifier }, include: { promotion: true } });
  const current = pointer?.promotion ? pointerDocument(pointer.promotion) : null;
  const message = `the pointer of ${identifier} is at version ${version}, not ${expected}`;
  return new AppError('conflict', message, { members: { current } });
}
