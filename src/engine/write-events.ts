import type { LogData, MetricsData } from '../contracts/run-event.js';
import type { z } from 'zod';
import type { Database, Tx } from '../platform/database/database.js';
import { newsChannel, newsText } from '../platform/database/news.js';
import { inTransaction } from '../platform/database/transaction.js';
import type { Lease } from './lease.js';

/** What an attempt said on its way. */
export type AttemptEvent = {
  /** Its place among all that this attempt says, from 1: how a write that may have been done is told from others. */
  place: number;
  /** Milliseconds since it was said. */
  age: number;
} & ({ kind: 'log'; data: z.infer<typeof LogData> } | { kind: 'metrics'; data: MetricsData });

/**
 * Appends events of an attempt that is still ours, in one statement, and news of them. Messages must be storable.
 *
 * The run's row is locked first, as everybody does who numbers events: numbers then follow the order of commits, and
 * nobody who holds the run waits for the step that is locked here. The lock on the step's row closes the race with an
 * expiring lease: it is looked at again once it is had, so a zombie that waited for its successor's claim writes
 * nothing.
 *
 * @returns false when the lease is somebody else's by now: nothing was written
 */
export async function writeEvents(
  db: Database | Tx,
  { run_id, step, attempt, lease_token }: Lease,
  events: readonly AttemptEvent[],
): Promise<boolean> {
  if (events.length === 0) return true;
  const rows = await db.$queryRaw<unknown[]>`
    with run as (select id from pipeline_runs where id = ${run_id}::uuid for no key update),
    held as (
      select run.id
      from run join steps s on s.run_id = run.id
      where s.name = ${step} and s.state = 'RUNNING' and s.attempt = ${attempt}
        and s.lease_token = ${lease_token}::uuid
      for share of s),
    counter as (
      update pipeline_runs r set last_event = r.last_event + ${events.length} from held where r.id = held.id
      returning r.last_event - ${events.length} as before),
    written as (
      insert into run_events (run_id, number, kind, step, attempt, data, at)
      select ${run_id}::uuid, before + position::int, (event->>'kind')::run_event_kind, ${step}, ${attempt},
             event->'data' || jsonb_build_object('place', event->'place'),
             clock_timestamp() - (event->>'age')::float8 * interval '1 millisecond'
      from counter, jsonb_array_elements(${JSON.stringify(events)}::jsonb) with ordinality as list(event, position))
    select pg_notify(${newsChannel}, ${newsText({ kind: 'run', run_id })})::text from counter`;
  return rows.length > 0;
}

/**
 * The same after a write whose answer was lost: it may have been committed. What is there is found out under the run's
 * lock, behind which a statement that was still under way has come to its end.
 */
export function resumeEvents(db: Database, lease: Lease, events: readonly AttemptEvent[]): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    await tx.$queryRaw`select 1 from pipeline_runs where id = ${lease.run_id}::uuid for no key update`;
    const [row] = await tx.$queryRaw<{ place: number }[]>`
      select coalesce(max((data->>'place')::int), 0) as place from run_events
      where run_id = ${lease.run_id}::uuid and step = ${lease.step} and attempt = ${lease.attempt}`;
    return writeEvents(
      tx,
      lease,
      events.filter(({ place }) => place > (row?.place ?? 0)),
    );
  });
}
