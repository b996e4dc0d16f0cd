import type { AuditAction } from '../contracts/audit.js';
import type { Caller } from '../contracts/caller.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';
import { jsonObject } from '../platform/database/json-object.js';
import { briefValues } from './brief-values.js';

export interface AuditedChange {
  action: AuditAction;
  /** Path of the resource: `/models/churn/versions/3`. */
  subject: string;
  /** What of it changed, as it was; nothing when it was not there. Long texts and lists are cut. */
  before?: object | null;
  /** The same as it is now; nothing when it is gone. */
  after?: object | null;
}

/**
 * Notes who changed what. In the transaction that changes it: there is no change without its entry, and no entry of a
 * change that was not kept. Under the lock of what is changed, where there is one: its entries then stand in the order
 * of the changes.
 */
export async function writeAudit(
  db: Database | Tx,
  { name: actor, request_id }: Caller,
  { action, subject, before, after }: AuditedChange,
): Promise<void> {
  await db.auditEntry.create({
    data: { actor, request_id, action, subject, before: json(before), after: json(after) },
  });
}

function json(value: object | null | undefined) {
  if (!value) return Prisma.DbNull;
  const fields = Object.entries(jsonObject(value)).map(
    ([name, field]) => [name, briefValues(field)] as const,
  );
  return Object.fromEntries(fields);
}
