import type { StepError } from '../../src/contracts/step-error.js';
import { type ClaimedStep, claimStep } from '../../src/engine/claim-step.js';
import { type Ending, finishStep } from '../../src/engine/finish-step.js';
import type { StepRef } from '../../src/engine/step-ref.js';
import type { Database } from '../../src/platform/database/database.js';
import { type Decision, stepResult } from './step-results.js';

export const leaseMs = 60_000;

type Finished = Awaited<ReturnType<typeof finishStep>>;

/** An attempt that a worker holds, and every way in which it can end. */
export interface TestAttempt extends ClaimedStep {
  /** Works it out without writing it: what a worker has in hand before it finishes. */
  completion(decision?: Decision): Promise<Ending>;
  finish(ending: Ending): Promise<Finished>;
  succeed(decision?: Decision): Promise<Finished>;
  fail(error?: Partial<StepError>): Promise<Finished>;
  crash(): Promise<Finished>;
  giveBack(): Promise<Finished>;
  /** Puts the end of its lease into the past: the worker has not renewed it in time. */
  lapse(): Promise<void>;
}

export const passingError: StepError = { code: 'internal', message: 'it failed', permanent: false };
export const permanentError: StepError = { code: 'invalid_data', message: 'it is wrong', permanent: true };
export const crash: Ending = {
  outcome: 'CRASHED',
  error: { code: 'crashed', message: 'it crashed', permanent: false },
};

/** Claims an attempt; undefined when the engine refuses it. */
export async function tryClaim(
  db: Database,
  ref: StepRef,
  worker = 'worker',
  runLimit?: number,
): Promise<TestAttempt | undefined> {
  const claimed = await claimStep(db, ref, worker, leaseMs, runLimit);
  return claimed && attemptOf(db, claimed);
}

function attemptOf(db: Database, claimed: ClaimedStep): TestAttempt {
  const { lease, plan, context, trackedRun } = claimed;
  const finish = (ending: Ending) => finishStep(db, lease, ending);
  const completion = async (decision?: Decision): Promise<Ending> => {
    const input = await plan.input(context);
    const result = stepResult(plan.type, input, { trackedRun: trackedRun?.run_id, decision });
    return { outcome: 'SUCCEEDED', completion: { type: plan.type, input, result }, trackedRun };
  };
  return {
    ...claimed,
    completion,
    finish,
    succeed: async (decision) => finish(await completion(decision)),
    fail: (error) => finish({ outcome: 'FAILED', error: { ...passingError, ...error } }),
    crash: () => finish(crash),
    giveBack: () => finish({ outcome: 'SHUTDOWN' }),
    async lapse() {
      await db.$executeRaw`
        update steps set lease_expires_at = clock_timestamp() - interval '1 second'
        where lease_token = ${lease.lease_token}::uuid`;
    },
  };
}
