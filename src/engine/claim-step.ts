import type { Database, Tx } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { failpoint } from './failpoint.js';
import { inputContext } from './input-context.js';
import type { Lease } from './lease.js';
import { LockedRun } from './locked-run.js';
import { type CacheEntry, isDue } from './step-cache.js';
import { isHandedOut } from './paused-kinds.js';
import { findStepPlan } from './pipelines/pipelines.js';
import type { AnyStepPlan, InputContext } from './plan.js';
import type { StepRef } from './step-ref.js';
import { mayBegin, type RunLimit } from './run-limit.js';
import { startTrackedRun, type TrackedRunRef } from './tracked-runs.js';

export interface ClaimedStep {
  lease: Lease;
  plan: AnyStepPlan;
  context: InputContext;
  /** The attempt's tracked run, when the step trains a model. */
  trackedRun: TrackedRunRef | null;
}

/** A step that an earlier one may stand for: nothing was claimed, `StepCache` has to be asked first. */
export interface UnaskedStep {
  plan: AnyStepPlan;
  context: InputContext;
}

/**
 * Takes a queued attempt for this worker.
 *
 * The compare-and-set decides between two workers that were given the same job (the queue delivers at least once),
 * and refuses a job of an attempt that is over or not due yet, of a kind that is paused, or of a run that has to wait
 * for others of its identifier.
 *
 * @param cache what the cache said of the step, for its row
 * @returns undefined when there is nothing to claim: the job is then done
 */
export async function claimStep(
  db: Database,
  ref: StepRef,
  worker: string,
  leaseMs: number,
  limit?: RunLimit,
  cache?: CacheEntry,
): Promise<ClaimedStep | undefined> {
  const claimed = await claim(db, ref, worker, leaseMs, limit, cache ?? null);
  return claimed && 'lease' in claimed ? claimed : undefined;
}

/** The same, but hands a step that may be in the cache back as it is. */
export async function claimUncached(
  db: Database,
  ref: StepRef,
  worker: string,
  leaseMs: number,
  limit?: RunLimit,
): Promise<ClaimedStep | UnaskedStep | undefined> {
  return claim(db, ref, worker, leaseMs, limit, 'ask');
}

async function claim(
  db: Database,
  ref: StepRef,
  worker: string,
  leaseMs: number,
  limit: RunLimit,
  cache: CacheEntry | null | 'ask',
): Promise<ClaimedStep | UnaskedStep | undefined> {
  const claimed = await inTransaction(db, (tx) =>
    LockedRun.change(tx, ref.run_id, async (run) => {
      if (!isDue(run, ref)) return undefined;
      const plan = findStepPlan(run.row.pipeline, ref.step);
      if (run.row.state === 'PENDING' && !(await mayBegin(tx, run.row, limit))) return giveBack(tx, ref);
      if (cache === 'ask' && plan.determinants) return { plan, context: inputContext(db, run, ref.attempt) };
      const entry = cache === 'ask' ? null : cache;
      const [row] = await tx.$queryRaw<{ lease_token: string }[]>`
        with claimed as (
          update steps s
          set state = 'RUNNING', lease_token = gen_random_uuid(), worker = ${worker}, error = null, progress = null,
              lease_expires_at = clock_timestamp() + ${leaseMs} * interval '1 millisecond',
              started_at = coalesce(started_at, clock_timestamp()), ended_at = null,
              cache_key = ${entry?.key ?? null}, cache = ${entry ? JSON.stringify(entry.record) : null}::jsonb
          where run_id = ${ref.run_id}::uuid and name = ${ref.step} and state = 'QUEUED' and attempt = ${ref.attempt}
            and (not_before is null or not_before <= clock_timestamp()) and ${isHandedOut}
          returning run_id, name, attempt, worker, lease_token),
        begun as (
          insert into attempts (run_id, step, number, worker, started_at)
          select run_id, name, attempt, worker, clock_timestamp() from claimed)
        select lease_token::text from claimed`;
      if (!row) return giveBack(tx, ref);
      if (run.row.state === 'PENDING') {
        await run.moveRun('RUNNING', { actor: worker }, { started_at: run.now });
      }
      run.record(ref.step, 'RUNNING', { actor: worker, reason: `attempt ${ref.attempt}` });
      const message = `attempt ${ref.attempt} started on ${worker}`;
      run.log(ref.step, ref.attempt, { level: 'info', message });
      const trackedRun = plan.trains ? await startTrackedRun(tx, run.row, ref, plan.trains) : null;
      failpoint('claim_before_commit');
      const lease = { ...ref, lease_token: row.lease_token };
      return { lease, plan, trackedRun, context: inputContext(db, run, ref.attempt) };
    }),
  );
  if (claimed && 'lease' in claimed) failpoint('claim_after_commit');
  return claimed;
}

/**
 * The job ends here. If its attempt still waits and is due, nothing is left that would bring it back: it is handed over
 * again when what it waits for has happened.
 */
async function giveBack(tx: Tx, { run_id, step, attempt }: StepRef): Promise<undefined> {
  await tx.$executeRaw`
    update steps set dispatched_at = null
    where run_id = ${run_id}::uuid and name = ${step} and attempt = ${attempt} and state = 'QUEUED'
      and (not_before is null or not_before <= clock_timestamp())`;
}
