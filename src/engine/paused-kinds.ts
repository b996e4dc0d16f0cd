import type { Caller } from '../contracts/caller.js';
import type { StepKind } from '../contracts/states.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { writeAudit } from './write-audit.js';

const subject = '/workers';

/** For a query over `steps s`: its kind is being handed out. */
export const isHandedOut = Prisma.sql`not exists (select 1 from paused_kinds p where p.kind = s.kind)`;

/**
 * Stops handing out steps of these kinds. What is under way goes on; a claim that is being made at this moment counts
 * as made before. A kind that is paused already stays as it is: since when, and by whom.
 */
export async function pauseKinds(
  db: Database,
  asked: readonly StepKind[],
  by: Caller,
  reason: string | null,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    // Of two that pause a kind at once, the one whose row it is gets it back, and says so in the audit log.
    const rows = await tx.$queryRaw<{ kind: string }[]>`
      insert into paused_kinds (kind, actor, reason, at)
      select kind, ${by.name}, ${reason}, clock_timestamp() from unnest(${[...asked]}::text[]) as k(kind)
      order by kind on conflict (kind) do nothing returning kind`;
    if (rows.length === 0) return;
    const kinds = rows.map(({ kind }) => kind);
    await writeAudit(tx, by, {
      action: 'workers.pause',
      subject,
      before: { kinds, paused: false },
      after: { kinds, paused: true, reason },
    });
  });
}

/** Hands them out again; the steps that waited have to be dispatched (`dispatchReleased`). */
export async function resumeKinds(db: Database, asked: readonly StepKind[], by: Caller): Promise<void> {
  await inTransaction(db, async (tx) => {
    // As in `pauseKinds`: a row can be deleted once.
    const rows = await tx.$queryRaw<{ kind: string }[]>`
      delete from paused_kinds where kind = any(${[...asked]}::text[]) returning kind`;
    if (rows.length === 0) return;
    const kinds = rows.map(({ kind }) => kind).toSorted();
    await writeAudit(tx, by, {
      action: 'workers.resume',
      subject,
      before: { kinds, paused: true },
      after: { kinds, paused: false },
    });
  });
}
