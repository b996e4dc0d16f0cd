import type { Database } from '../src/platform/database/database.js';

/** What the audit log says of a resource, oldest first. */
export function auditOf(db: Database, subject: string) {
  return db.auditEntry.findMany({
    where: { subject },
    select: { actor: true, action: true, before: true, after: true, request_id: true },
    orderBy: { id: 'asc' },
  });
}
