import type { Prisma } from '../generated/prisma/client.js';
import { knownStepPlan } from './pipelines/pipelines.js';
import type { Cause, LockedRun } from './locked-run.js';
import { StepOutputs } from './step-outputs.js';
import { endedSteps } from './transitions.js';

/**
 * Derives from the rows what can happen next, and writes it: frees steps whose dependencies are done, leaves out
 * those whose dependencies cannot be, and ends the run when nothing is open. Called under the run's lock after every
 * change, and again by the reconciler: doing it twice changes nothing.
 */
export async function settle(run: LockedRun, actor: string): Promise<void> {
  if (run.row.state === 'CANCELING') return settleCanceling(run, actor);
  // In the pipeline's order, dependencies first: one pass reaches everything.
  for (const { name, state } of run.steps) {
    if (state !== 'PENDING') continue;
    const decision = decide(run, name);
    if (decision === 'free') await freeStep(run, name, { actor });
    if (typeof decision === 'object') {
      await run.moveStep(name, 'SKIPPED', { actor, reason: decision.skip }, { ended_at: run.now });
    }
  }
  if (run.row.state !== 'RUNNING' || !run.steps.every(({ state }) => endedSteps.has(state))) return;
  const failed = run.steps.filter(({ name, state }) => state === 'FAILED' && !isTolerated(run, name));
  const reason = failed.length > 0 ? `failed: ${failed.map(({ name }) => name).join(', ')}` : undefined;
  await run.moveRun(failed.length > 0 ? 'FAILED' : 'SUCCEEDED', { actor, reason }, { ended_at: run.now });
}

/** Queues a step for its next attempt. */
export async function freeStep(
  run: LockedRun,
  name: string,
  cause: Cause,
  values: Prisma.StepUpdateInput = {},
): Promise<void> {
  const attempt = run.step(name).attempt + 1;
  await run.moveStep(name, 'QUEUED', cause, { not_before: null, ...values, attempt, dispatched_at: null });
}

async function settleCanceling(run: LockedRun, actor: string): Promise<void> {
  if (!run.steps.every(({ state }) => endedSteps.has(state))) return;
  await run.moveRun('CANCELED', { actor }, { ended_at: run.now });
}

function decide(run: LockedRun, name: string): 'free' | 'wait' | { skip: string } {
  // A step that this code does not know needs all that it depends on.
  const plan = knownStepPlan(run.row.pipeline, name);
  const dependencies = run.step(name).depends_on.map((dependency) => run.step(dependency));
  const succeeded = dependencies.filter(({ state }) => state === 'SUCCEEDED');
  const lost = dependencies.filter(({ state }) => endedSteps.has(state) && state !== 'SUCCEEDED');
  const open = dependencies.length - succeeded.length - lost.length;
  const names = lost.map((step) => `${step.name} ${step.state}`).join(', ');
  if (plan?.needs === 'any') {
    if (open > 0) return 'wait';
    if (dependencies.length > 0 && succeeded.length === 0) return { skip: names };
  } else {
    if (lost.length > 0) return { skip: names };
    if (open > 0) return 'wait';
  }
  const reason = plan?.skip?.(new StepOutputs(run.steps));
  return reason === undefined ? 'free' : { skip: reason };
}

/** A failed step whose dependents all go on without it does not fail the run: one trainer of three, say. */
function isTolerated(run: LockedRun, name: string): boolean {
  const dependents = run.steps.filter(({ depends_on }) => depends_on.includes(name));
  return (
    dependents.length > 0 &&
    dependents.every(
      (step) => knownStepPlan(run.row.pipeline, step.name)?.needs === 'any' && step.state !== 'SKIPPED',
    )
  );
}
