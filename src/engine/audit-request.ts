import type { Caller } from '../contracts/caller.js';
import type { Gate } from '../contracts/gate.js';
import type { PromotionRequest } from '../generated/prisma/client.js';
import type { Tx } from '../platform/database/database.js';
import { writeAudit } from './write-audit.js';

/** Notes that a request for a promotion was refused, by which gates, or waits for an approval; where it is written. */
export async function auditRequest(
  tx: Tx,
  { id, identifier, model_version, reason, verdict }: PromotionRequest,
  gates: readonly Gate[],
  by: Caller,
): Promise<void> {
  const failed = gates.filter((gate) => gate.verdict === 'failed');
  await writeAudit(tx, by, {
    action: verdict === 'pending' ? 'promotion_request.hold' : 'promotion_request.refuse',
    subject: `/promotion-requests/${id}`,
    after: {
      identifier,
      model_version,
      reason,
      ...(failed.length > 0 && { failed_gates: failed.map(({ name, message }) => ({ name, message })) }),
    },
  });
}
