import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import type { Lease } from './lease.js';
import { endAttempt } from './finish-step.js';
import { LockedRun } from './locked-run.js';
import { oneByOne } from './one-by-one.js';

/**
 * Renews leases that are still ours, by the database's clock.
 * @returns the tokens that were renewed; work under any other must stop
 */
export async function renewLeases(
  db: Database,
  leases: readonly Lease[],
  leaseMs: number,
): Promise<Set<string>> {
  if (leases.length === 0) return new Set();
  const rows = await db.$queryRaw<{ lease_token: string }[]>`
    update steps s set lease_expires_at = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    from unnest(${leases.map(({ run_id }) => run_id)}::uuid[], ${leases.map(({ step }) => step)}::text[],
                ${leases.map(({ lease_token }) => lease_token)}::uuid[]) as held(run_id, name, lease_token)
    where s.run_id = held.run_id and s.name = held.name and s.lease_token = held.lease_token and s.state = 'RUNNING'
    returning s.lease_token::text`;
  return new Set(rows.map(({ lease_token }) => lease_token));
}

/** Which of these runs are being canceled. */
export async function cancelingRuns(db: Database, runIds: readonly string[]): Promise<Set<string>> {
  if (runIds.length === 0) return new Set();
  const rows = await db.pipelineRun.findMany({
    where: { id: { in: [...runIds] }, state: 'CANCELING' },
    select: { id: true },
  });
  return new Set(rows.map(({ id }) => id));
}

/**
 * Ends attempts whose worker has not renewed its lease in time.
 * @returns the runs that changed
 */
export async function expireLeases(
  db: Database,
  actor: string,
  onError: (error: unknown, step: { run_id: string; name: string }) => void,
): Promise<string[]> {
  const expired = await db.$queryRaw<{ run_id: string; name: string }[]>`
    select run_id::text, name from steps where state = 'RUNNING' and lease_expires_at < clock_timestamp()`;
  const changed: string[] = [];
  await oneByOne(
    expired,
    async ({ run_id, name }) => {
      const ended = await inTransaction(db, (tx) =>
        LockedRun.change(tx, run_id, async (run) => {
          // Asked again under the lock: its worker may have renewed it or come to its end in between. The row lock makes
          // a renewal that is on its way wait for us, and then find another state.
          const [late] = await tx.$queryRaw<unknown[]>`
          select 1 from steps
          where run_id = ${run_id}::uuid and name = ${name} and state = 'RUNNING' and lease_expires_at < clock_timestamp()
          for update`;
          if (!late) return false;
          const message = `the worker ${run.step(name).worker ?? ''} did not renew its lease`;
          const error = { code: 'crashed', message, permanent: false } as const;
          await endAttempt(run, name, { outcome: 'CRASHED', error }, actor);
          return true;
        }),
      );
      if (ended) changed.push(run_id);
    },
    onError,
  );
  return changed;
}
