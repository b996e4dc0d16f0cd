import type { RunState, StepState } from '../contracts/states.js';

/** The only changes of state that exist. Everything that moves a step or a run goes through these two tables. */
export const stepTransitions: Record<StepState, readonly StepState[]> = {
  // Its dependencies are done, cannot be done, or the run was canceled.
  PENDING: ['QUEUED', 'SKIPPED', 'CANCELED'],
  // A worker claimed it, the cache had it, or the run was canceled.
  QUEUED: ['RUNNING', 'SUCCEEDED', 'CANCELED'],
  // Back to QUEUED for another attempt.
  RUNNING: ['SUCCEEDED', 'QUEUED', 'FAILED', 'CANCELED'],
  SUCCEEDED: [],
  // An operator's retry.
  FAILED: ['QUEUED', 'PENDING'],
  SKIPPED: ['QUEUED', 'PENDING'],
  CANCELED: ['QUEUED', 'PENDING'],
};

export const runTransitions: Record<RunState, readonly RunState[]> = {
  // Nothing has been claimed yet, so a cancel has nothing to wait for.
  PENDING: ['RUNNING', 'CANCELED'],
  RUNNING: ['SUCCEEDED', 'FAILED', 'CANCELING'],
  CANCELING: ['CANCELED'],
  SUCCEEDED: [],
  FAILED: ['RUNNING'],
  CANCELED: ['RUNNING'],
};

export const endedSteps: ReadonlySet<StepState> = new Set(['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELED']);
export const endedRuns: ReadonlySet<RunState> = new Set(['SUCCEEDED', 'FAILED', 'CANCELED']);
