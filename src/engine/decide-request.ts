import { z } from 'zod';
import { AppError } from '../contracts/app-error.js';
import type { Caller } from '../contracts/caller.js';
import { Gate, verdictOf } from '../contracts/gate.js';
import type { PromotionRequest } from '../generated/prisma/client.js';
import type { Tx } from '../platform/database/database.js';
import { type Decision, type Judgement, lockJudged, promoteRequest } from './decide-promotion.js';
import { lockPointer } from './promote.js';
import { writeAudit } from './write-audit.js';

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
  const others = z
    .array(Gate)
    .parse(gates)
    .filter(({ name }) => name !== 'approved');
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
