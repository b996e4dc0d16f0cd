import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../src/contracts/app-error.js';
import type { StepKind } from '../src/contracts/states.js';
import { type StepError, toStepError } from '../src/contracts/step-error.js';
import { type StepInput, type StepType, stepTypes } from '../src/contracts/steps/step-types.js';
import { type ClaimedStep, claimStep, claimUncached } from '../src/engine/claim-step.js';
import type { Completion } from '../src/engine/effects.js';
import { type Ending, finishStep } from '../src/engine/finish-step.js';
import { failpoint } from '../src/engine/failpoint.js';
import type { Lease } from '../src/engine/lease.js';
import { type StepCache, sweptMeanwhile } from '../src/engine/step-cache.js';
import type { RunLimit } from '../src/engine/run-limit.js';
import { StepRef } from '../src/engine/step-ref.js';
import type { Database } from '../src/platform/database/database.js';
import { findOutage, isOutage, type Outage } from '../src/platform/database/outage.js';
import type { Logger } from '../src/platform/logger.js';
import { AttemptJournal } from './attempt-journal.js';
import { type HeldLease, type LeaseKeeper, stopReason } from './lease-keeper.js';
import type { StepProcessPool } from './step-process-pool.js';

export interface JobDeps {
  db: Database;
  worker: string;
  leaseMs: number;
  runLimit: RunLimit;
  leases: LeaseKeeper;
  cache: StepCache;
  /** How long an attempt of a kind may take. */
  timeoutMs(kind: StepKind): number;
  processes: StepProcessPool;
  log: Logger;
  /** Called after the end of an attempt is written. */
  onFinished(runId: string): Promise<void>;
}

/** How often a decision is made again because the champion changed under it. */
const maxDecisions = 10;
const outageMessages: Record<Outage, string> = {
  away: 'the database is away',
  full: 'the disk of the database is full; free some space',
};
const tooManyDecisions: Ending = {
  outcome: 'FAILED',
  error: { code: 'conflict', message: 'the champion keeps changing', permanent: false },
};
/** How long the end of an attempt is tried to be written while the database is away. */
const finishPatienceMs = 10 * 60_000;

/** One job from its claim to the row that says how it ended. A job that is not to be had any more is done. */
export async function runJob(deps: JobDeps, payload: unknown): Promise<void> {
  const claimed = await claim(deps, StepRef.parse(payload));
  if (!claimed) return;
  const { lease } = claimed;
  const log = deps.log.child({ run_id: lease.run_id, step: lease.step, attempt: lease.attempt });
  log.info('attempt started');
  const held = deps.leases.hold(lease);
  const journal = new AttemptJournal(deps.db, lease, (err) =>
    log.warn({ err }, 'what the step reports could not be written'),
  );
  try {
    for (let decisions = 1; ; decisions++) {
      const ending =
        decisions > maxDecisions ? tooManyDecisions : await attempt(deps, claimed, held, journal, log);
      const status = await finish(deps.db, lease, journal, ending, log);
      log.info(
        { outcome: ending.outcome, status, ...('error' in ending && { error: ending.error }) },
        'attempt ended',
      );
      if (status !== 'stale') break;
    }
  } finally {
    journal.close();
    deps.leases.release(held);
  }
  await deps.onFinished(lease.run_id);
}

/** Takes the attempt, unless an earlier step can stand for it. */
async function claim(deps: JobDeps, ref: StepRef): Promise<ClaimedStep | undefined> {
  const { db, worker, leaseMs, runLimit, cache, log } = deps;
  const first = await claimUncached(db, ref, worker, leaseMs, runLimit);
  if (!first || 'lease' in first) return first;
  const answer = await cache.ask(first.plan, first.context);
  if (!answer?.found) return claimStep(db, ref, worker, leaseMs, runLimit, answer?.entry);
  if (!(await cache.reuse(ref, answer.entry, answer.found, worker, runLimit))) {
    return claimStep(db, ref, worker, leaseMs, runLimit, sweptMeanwhile(answer.entry));
  }
  log.info({ ...ref, from: answer.found.run_id }, 'step reused');
  await deps.onFinished(ref.run_id);
  return undefined;
}

/** Does the work, and says how it ended whatever happens. */
async function attempt(
  deps: JobDeps,
  { plan, context, trackedRun }: ClaimedStep,
  held: HeldLease,
  journal: AttemptJournal,
  log: Logger,
): Promise<Ending> {
  const process = deps.processes.acquire();
  const timeoutMs = deps.timeoutMs(plan.kind);
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const input = await plan.input(context);
    const task = { type: plan.type, input, tracked_run_id: trackedRun?.run_id ?? null };
    const result = await process.run(task, journal, AbortSignal.any([held.signal, late]));
    failpoint('after_upload');
    return { outcome: 'SUCCEEDED', completion: completion(plan.type, input, result), trackedRun };
  } catch (error) {
    if (held.signal.aborted) return stopped(held.signal);
    if (late.aborted) return { outcome: 'FAILED', error: tookTooLong(timeoutMs) };
    if (!(error instanceof AppError)) log.error({ err: error }, 'attempt failed');
    const crashed = error instanceof AppError && error.code === 'crashed';
    return { outcome: crashed ? 'CRASHED' : 'FAILED', error: whyItFailed(error) };
  } finally {
    deps.processes.release(process);
  }
}

function whyItFailed(error: unknown): StepError {
  const outage = findOutage(error);
  return outage
    ? { code: 'unavailable', message: outageMessages[outage], permanent: false }
    : toStepError(error);
}

function tookTooLong(timeoutMs: number): StepError {
  const message = `it took longer than the ${timeoutMs / 1_000} s that its kind of step may take`;
  return { code: 'timeout', message, permanent: false };
}

function stopped(signal: AbortSignal): Ending {
  switch (stopReason(signal)) {
    case 'canceled':
      return { outcome: 'CANCELED' };
    case 'shutdown':
      return { outcome: 'SHUTDOWN' };
    case 'lost':
      return {
        outcome: 'CRASHED',
        error: { code: 'crashed', message: 'the lease was lost', permanent: false },
      };
  }
}

/** The plan pairs type and input, and the result is parsed by the same type. */
function completion(type: StepType, input: StepInput<StepType>, result: unknown): Completion {
  return { type, input, result: stepTypes[type].result.parse(result) };
}

/**
 * Writes how the attempt ended. The work is done by then: an outage of the database must not cost it, so this is tried
 * for long; the lease decides in the end whether it still counts.
 */
async function finish(
  db: Database,
  lease: Lease,
  journal: AttemptJournal,
  ending: Ending,
  log: Logger,
): Promise<'done' | 'lost' | 'stale'> {
  const deadline = performance.now() + finishPatienceMs;
  let current = ending;
  for (let pause = 200; ; pause = Math.min(pause * 2, 5_000)) {
    try {
      await journal.flush();
      return await finishStep(db, lease, current);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      log.warn({ err: error }, 'the end of the attempt could not be written');
      if (isOutage(error)) await delay(pause);
      else if (current === ending) current = { outcome: 'FAILED', error: toStepError(error) };
      else throw error;
    }
  }
}
