import { AppError } from '../contracts/app-error.js';
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
import { writeAudit } from './write-audit.js';

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

/** What whoever was to approve a request says. */
export interface Approval {
  id: string;
  by: Caller;
  reason: string;
  /** As of a promotion. */
  expected?: number;
}

/**
 * Approves a request that waits for it: promotes its candidate, or refuses it when by now a gate fails.
 *
 * @throws AppError `not_found`; `conflict` when it does not wait any more; StaleChampion as `decidePromotion`
 */
export async function approveRequest(
  tx: Tx,
  { id, by, reason, expected }: Approval,
  judgement: Judgement,
): Promise<Decision> {
  const { identifier } = await findRequest(tx, id);
  await lockJudged(tx, { identifier, expected }, judgement);
  const waiting = await requirePending(tx, id);
  const approved: Gate = {
    name: 'approved',
    verdict: 'passed',
    inputs: { by: by.name },
    message: `approved: ${reason}`,
  };
  const gates = [...judgement.gates, approved];
  const verdict = verdictOf(gates);
  const request = await tx.promotionRequest.update({
    where: { id },
    data: { gates, policy: judgement.policy, verdict, ...(await decision(tx, by, reason)) },
  });
  await writeAudit(tx, by, {
    action: 'promotion_request.approve',
    subject: `/promotion-requests/${id}`,
    before: { verdict: waiting.verdict },
    after: { verdict, reason },
  });
  if (verdict !== 'accepted') return { request, promotion: null };
  const promotion = await promoteRequest(tx, request, judgement.figures, by, waiting.reason ?? reason);
  return { request, promotion };
}

/**
 * Refuses a request that waits for an approval.
 * @throws AppError `not_found`; `conflict` when it does not wait any more
 */
export async function rejectRequest(
  tx: Tx,
  { id, by, reason }: Omit<Approval, 'expected'>,
): Promise<PromotionRequest> {
  const { identifier, verdict } = await findRequest(tx, id);
  // The lock that an approval takes: of the two, one is first, and the other one finds it decided.
  await lockPointer(tx, identifier);
  const { gates } = await requirePending(tx, id);
  const rejected: Gate = {
    name: 'approved',
    verdict: 'failed',
    inputs: { by: by.name },
    message: `rejected: ${reason}`,
  };
  const others = (gates as Gate[]).filter(({ name }) => name !== 'approved');
  await writeAudit(tx, by, {
    action: 'promotion_request.reject',
    subject: `/promotion-requests/${id}`,
    before: { verdict },
    after: { verdict: 'rejected', reason },
  });
  return tx.promotionRequest.update({
    where: { id },
    data: { verdict: 'rejected', gates: [...others, rejected], ...(await decision(tx, by, reason)) },
  });
}

/**
 * The pointer is locked before anything is looked at. That closes two races: two promoters who have seen the same
 * version, of whom the second would undo a promotion that it never saw; and a candidate that was found to be better
 * than what no longer serves.
 */
async function lockJudged(
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

async function promoteRequest(
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

async function findRequest(tx: Tx, id: string): Promise<PromotionRequest> {
  const request = await tx.promotionRequest.findUnique({ where: { id } });
  if (!request) throw new AppError('not_found', `there is no promotion request ${id}`);
  return request;
}

/** Called under the pointer's lock, which everyone who decides about a request of the identifier holds. */
async function requirePending(tx: Tx, id: string): Promise<PromotionRequest> {
  const request = await findRequest(tx, id);
  if (request.verdict === 'pending') return request;
  throw new AppError(
    'conflict',
    `promotion request ${id} does not wait for an approval: it is ${request.verdict}`,
  );
}

async function decision(tx: Tx, { name }: Caller, reason: string) {
  const [clock] = await tx.$queryRaw<[{ now: Date }]>`select clock_timestamp() as now`;
  return { decided_by: name, decided_at: clock.now, decision_reason: reason };
}
