import type { StepKind } from '../contracts/states.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';

/** For a query over `steps s`: its kind is being handed out. */
export const isHandedOut = Prisma.sql`not exists (select 1 from paused_kinds p where p.kind = s.kind)`;

/**
 * Stops handing out steps of these kinds. What is under way goes on; a claim that is being made at this moment counts
 * as made before. A kind that is paused already stays as it is: since when, and by whom.
 */
export async function pauseKinds(
  db: Database,
  kinds: readonly StepKind[],
  actor: string,
  reason: string | null,
): Promise<void> {
  await db.$executeRaw`
    insert into paused_kinds (kind, actor, reason, at)
    select kind, ${actor}, ${reason}, clock_timestamp() from unnest(${[...kinds]}::text[]) as k(kind)
    order by kind on conflict (kind) do nothing`;
}

/** Hands them out again; the steps that waited have to be dispatched (`dispatchReleased`). */
export async function resumeKinds(db: Database, kinds: readonly StepKind[]): Promise<void> {
  await db.pausedKind.deleteMany({ where: { kind: { in: [...kinds] } } });
}
