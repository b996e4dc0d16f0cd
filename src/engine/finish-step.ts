import type { LogLevel } from '../contracts/log-line.js';
import type { StepError } from '../contracts/step-error.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import type { Lease } from './lease.js';
import { StaleChampion } from './effect.js';
import { applyEffect, type Completion } from './effects.js';
import { failpoint } from './failpoint.js';
import { LockedRun } from './locked-run.js';
import { faultOf, retryDelayMs, retryLimits } from './retry-policy.js';
import { writeDeadLetter } from './dead-letter.js';
import { forgetWhatChanged } from './step-cache.js';
import { freeStep, settle } from './settle.js';
import { endTrackedRun, type TrackedRunRef } from './tracked-runs.js';

/** How an attempt ended. */
export type Ending =
  | { outcome: 'SUCCEEDED'; completion: Completion; trackedRun: TrackedRunRef | null }
  | { outcome: 'FAILED'; error: StepError }
  /** Its process or its worker died. */
  | { outcome: 'CRASHED'; error: StepError }
  | { outcome: 'CANCELED' }
  /** The worker was asked to stop: the attempt is given back and counts as nothing. */
  | { outcome: 'SHUTDOWN' };

/**
 * Writes the end of an attempt and all that follows from it, in one transaction.
 *
 * @returns `lost` when the lease is somebody else's by now: nothing was written; `stale` when the champion changed
 * while the step was deciding: nothing was written, decide again
 */
export async function finishStep(
  db: Database,
  lease: Lease,
  ending: Ending,
): Promise<'done' | 'lost' | 'stale'> {
  try {
    const finished = await inTransaction(db, (tx) =>
      LockedRun.change(tx, lease.run_id, async (run) => {
        const { state, attempt, lease_token, worker } = run.step(lease.step);
        // Fencing: a zombie, paused past its lease and then continued, fails one of these and changes nothing.
        if (state !== 'RUNNING' || attempt !== lease.attempt || lease_token !== lease.lease_token)
          return false;
        await endAttempt(run, lease.step, ending, worker ?? 'worker');
        failpoint('finish_before_commit');
        return true;
      }),
    );
    if (finished) failpoint('finish_after_commit');
    return finished ? 'done' : 'lost';
  } catch (error) {
    if (error instanceof StaleChampion) return 'stale';
    throw error;
  }
}

/** Ends the running attempt of a step and settles the run. Called under the run's lock. */
export async function endAttempt(run: LockedRun, step: string, ending: Ending, actor: string): Promise<void> {
  // A success that arrives after the cancel is not one: nothing of a canceled run is promoted.
  const ended: Ending = run.row.state === 'CANCELING' ? { outcome: 'CANCELED' } : ending;
  const { attempt, kind } = run.step(step);
  const ref = { run_id: run.row.id, step, attempt };
  const error = 'error' in ended ? ended.error : null;
  const released = { lease_token: null, lease_expires_at: null };
  const closed = { ...released, ended_at: run.now };

  const { started_at } = await run.tx.attempt.update({
    where: { run_id_step_number: { run_id: ref.run_id, step, number: attempt } },
    data: {
      outcome: ended.outcome === 'SHUTDOWN' ? 'CANCELED' : ended.outcome,
      ended_at: run.now,
      error: error ?? Prisma.DbNull,
    },
  });
  const seconds = ((run.now.getTime() - started_at.getTime()) / 1000).toFixed(1);
  const log = (level: LogLevel, outcome: string, next = '') =>
    run.log(step, attempt, { level, message: `attempt ${attempt} ${outcome} after ${seconds} s${next}` });
  const cause = { actor, reason: error?.message };
  switch (ended.outcome) {
    case 'SUCCEEDED': {
      const outputs = await applyEffect(ended.completion, { run, step, trackedRun: ended.trackedRun });
      log('info', 'succeeded');
      await run.moveStep(step, 'SUCCEEDED', cause, { ...closed, outputs });
      await forgetWhatChanged(run, step);
      break;
    }
    case 'FAILED':
    case 'CRASHED': {
      await endTrackedRun(run.tx, ref, ended.outcome === 'FAILED' ? 'FAILED' : 'KILLED');
      const fault = faultOf(ended.outcome, ended.error);
      const times = run.step(step)[fault] + 1;
      const over = times >= retryLimits[fault];
      const values = { [fault]: times, error: ended.error };
      const why = `: ${describeError(ended.error)}`;
      const how = ended.outcome.toLowerCase();
      if (over || ended.error.permanent) {
        log('error', how, `${why}; it is not tried again`);
        await run.moveStep(step, 'FAILED', cause, { ...closed, ...values });
        await writeDeadLetter(run, step, ended.error);
      } else {
        const pauseMs = fault === 'crashes' ? 0 : retryDelayMs(kind, times);
        log('warn', how, `${why}; the next attempt ${pauseMs > 0 ? `in ${pauseMs} ms` : 'follows at once'}`);
        await freeStep(run, step, cause, {
          ...released,
          ...values,
          not_before: pauseMs > 0 ? new Date(run.now.getTime() + pauseMs) : null,
        });
      }
      break;
    }
    case 'CANCELED':
      await endTrackedRun(run.tx, ref, 'KILLED');
      log('warn', 'was canceled');
      await run.moveStep(step, 'CANCELED', { actor, reason: 'canceled' }, closed);
      break;
    case 'SHUTDOWN':
      await endTrackedRun(run.tx, ref, 'KILLED');
      log('warn', 'was given back', ': the worker stopped');
      await freeStep(run, step, { actor, reason: 'the worker stopped' }, released);
  }
  await settle(run, actor);
}

function describeError({ code, message, where }: StepError): string {
  return `${code}: ${message}${where === undefined ? '' : ` (${where})`}`;
}
