import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import type { StepQueues } from '../platform/queue/step-queues.js';
import { dispatchForgotten } from './dispatch.js';
import { expireLeases } from './leases.js';
import { LockedRun } from './locked-run.js';
import { oneByOne } from './one-by-one.js';
import type { RunLimit } from './run-limit.js';
import { settle } from './settle.js';

export interface ReconcileDeps {
  db: Database;
  queues: StepQueues;
  actor: string;
  leaseMs: number;
  runLimit?: RunLimit;
  /** For what could not be done and will be tried again at the next turn; the turn itself goes on. */
  onError: (error: unknown, about: object) => void;
}

/** Held while one process reconciles; the others come back at their next turn. */
const lockKey = 0x7261_696c;
const lockTimeoutMs = 60_000;

/**
 * One turn of the reconciler: derives everything again from the rows, so that nothing depends on a process having
 * lived to do what it meant to do after a commit.
 *
 * @param calmMs for how long the database has been known to answer, milliseconds
 */
export async function reconcile(deps: ReconcileDeps, calmMs: number): Promise<void> {
  const { db, queues, actor, leaseMs, runLimit, onError } = deps;
  await inTransaction(
    db,
    async (tx) => {
      const [lock] = await tx.$queryRaw<
        { held: boolean }[]
      >`select pg_try_advisory_xact_lock(${lockKey}) as held`;
      if (!lock?.held) return;
      // After an outage no worker could renew: they get one whole lease to come back before any of them is given up.
      if (calmMs > leaseMs && (await databaseUptimeMs(db)) > leaseMs) {
        await expireLeases(db, actor, onError);
      }
      await settleStuck(db, actor, onError);
      // A queue that is away says nothing of the database: leases go on expiring meanwhile.
      await dispatchForgotten(db, queues, runLimit).catch((error: unknown) =>
        onError(error, { queue: 'forgotten steps' }),
      );
    },
    { timeout: lockTimeoutMs },
  );
}

/** Runs that could go on or end but did not: a fault elsewhere, made good here. */
async function settleStuck(db: Database, actor: string, onError: ReconcileDeps['onError']): Promise<void> {
  const stuck = await db.$queryRaw<{ id: string }[]>`
    select r.id::text from pipeline_runs r
    where r.state in ('RUNNING', 'CANCELING')
      and not exists (select 1 from steps s where s.run_id = r.id and s.state in ('QUEUED', 'RUNNING'))`;
  await oneByOne(
    stuck,
    ({ id }) => inTransaction(db, (tx) => LockedRun.change(tx, id, (run) => settle(run, actor))),
    onError,
  );
}

async function databaseUptimeMs(db: Database): Promise<number> {
  const [row] = await db.$queryRaw<{ ms: number }[]>`
    select (extract(epoch from clock_timestamp() - pg_postmaster_start_time()) * 1000)::float8 as ms`;
  return row?.ms ?? 0;
}
