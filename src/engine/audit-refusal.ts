import type { Caller } from '../contracts/caller.js';
import type { Gate } from '../contracts/gate.js';
import type { PromotionRequest } from '../generated/prisma/client.js';
import type { Tx } from '../platform/database/database.js';
import { writeAudit } from './write-audit.js';

/** Notes that gates refused a promotion, and which, in the transaction that keeps the request. */
export async function auditRefusal(
  tx: Tx,
  { id, identifier, model_version, reason }: PromotionRequest,
  gates: readonly Gate[],
  by: Caller,
): Promise<void> {
  const failed = gates.filter(({ verdict }) => verdict === 'failed');
  await writeAudit(tx, by, {
    action: 'promotion_request.refuse',
    subject: `/promotion-requests/${id}`,
    after: {
      identifier,
      model_version,
      reason,
      failed_gates: failed.map(({ name, message }) => ({ name, message })),
    },
  });
}
