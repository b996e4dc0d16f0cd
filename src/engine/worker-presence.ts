import { Prisma } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';

/** How often a worker says that it is alive. */
export const heartbeatMs = 5_000;
const lostAfterMs = 3 * heartbeatMs;
const forgottenAfter = '1 day';

export interface Presence {
  /** The name that its steps carry. */
  id: string;
  host: string;
  pid: number;
  /** Steps at once, by kind. */
  capacity: Record<string, number>;
  version: string;
}

/** For a query over `workers w`: `alive`, `lost` after three heartbeats that did not come, or `stopped`. */
export const workerState = Prisma.sql`
  case when w.stopped_at is not null then 'stopped'
       when w.heartbeat_at < clock_timestamp() - ${lostAfterMs} * interval '1 millisecond' then 'lost'
       else 'alive' end`;

/** Writes that a worker has begun. In place of an earlier one of that name: in containers, process ids come again. */
export async function announceWorker(db: Database, presence: Presence): Promise<void> {
  const { id, host, pid, capacity, version } = presence;
  await db.$executeRaw`
    insert into workers (id, host, pid, capacity, version, started_at, heartbeat_at)
    values (${id}, ${host}, ${pid}, ${JSON.stringify(capacity)}::jsonb, ${version},
            clock_timestamp(), clock_timestamp())
    on conflict (id) do update
    set capacity = excluded.capacity, version = excluded.version, started_at = excluded.started_at,
        heartbeat_at = excluded.heartbeat_at, stopped_at = null`;
}

/** Writes that a worker is alive, and forgets those that nobody has heard of for a day. */
export async function beat(db: Database, presence: Presence): Promise<void> {
  const { id } = presence;
  const known = await db.$executeRaw`
    update workers set heartbeat_at = clock_timestamp(), stopped_at = null where id = ${id}`;
  // It was asleep for a day and has been forgotten.
  if (known === 0) await announceWorker(db, presence);
  await db.$executeRaw`
    delete from workers where heartbeat_at < clock_timestamp() - ${forgottenAfter}::interval`;
}

export async function retireWorker(db: Database, id: string): Promise<void> {
  await db.$executeRaw`update workers set stopped_at = clock_timestamp() where id = ${id}`;
}
