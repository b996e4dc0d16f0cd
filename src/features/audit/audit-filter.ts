import type { ExportAudit } from '../../contracts/audit.js';
import type { Prisma } from '../../generated/prisma/client.js';

/** Which entries a list or an export shows. */
export function auditFilter(query: ExportAudit): Prisma.AuditEntryWhereInput {
  const { actor, action, subject, request_id, created_after, created_before } = query;
  return {
    actor,
    action: action && { in: action },
    OR:
      subject === undefined ? undefined : [{ subject }, { subject: { startsWith: `${literal(subject)}/` } }],
    request_id,
    created_at: { gte: created_after, lt: created_before },
  };
}

/** Prisma gives texts to LIKE as they are, where `_` stands for any character and `%` for any number of them. */
function literal(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
