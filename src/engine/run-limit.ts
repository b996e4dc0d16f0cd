import { Prisma } from '../generated/prisma/client.js';
import type { Tx } from '../platform/database/database.js';

/** How many runs of one identifier may be under way at once; without it, any number. */
export type RunLimit = number | undefined;

/**
 * Ids of the runs that have to wait for others of their identifier to end: those that are under way come first, then
 * those that wait, by priority and age.
 */
export function heldRuns(limit: RunLimit, identifier?: string): Prisma.Sql {
  if (limit === undefined) return Prisma.sql`select null::uuid as id where false`;
  return Prisma.sql`
    select id from (
      select id, state, row_number() over (
        partition by identifier order by state = 'PENDING', priority desc, created_at, id) as place
      from pipeline_runs
      where state in ('PENDING', 'RUNNING', 'CANCELING')
        ${identifier === undefined ? Prisma.empty : Prisma.sql`and identifier = ${identifier}`}) open
    where state = 'PENDING' and place > ${limit}`;
}

/**
 * Whether a run that is PENDING may begin. Until the transaction ends nobody else asks this of the same identifier: a
 * run of a higher priority that is made while another one is being claimed would otherwise see that one still waiting,
 * behind itself, and begin beside it. Called under the run's lock; whoever holds the identifier's waits for no run.
 */
export async function mayBegin(
  tx: Tx,
  { id, identifier }: { id: string; identifier: string },
  limit: RunLimit,
): Promise<boolean> {
  if (limit === undefined) return true;
  await lockIdentifier(tx, identifier);
  const held = await tx.$queryRaw<unknown[]>`
    select 1 from (${heldRuns(limit, identifier)}) held where id = ${id}::uuid`;
  return held.length === 0;
}

export async function lockIdentifier(tx: Tx, identifier: string): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${identifier}, 11))`;
}
