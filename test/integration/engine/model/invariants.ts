import { expect } from 'vitest';
import { dependencies, isEnded, type StepName, trainerNames } from './model-run.js';
import type { Observed } from './observe.js';

/** The tables of the design, a second time: a state that is not there cannot be gone to. */
const stepTable: Record<string, readonly string[]> = {
  PENDING: ['QUEUED', 'SKIPPED', 'CANCELED'],
  QUEUED: ['RUNNING', 'CANCELED'],
  RUNNING: ['SUCCEEDED', 'QUEUED', 'FAILED', 'CANCELED'],
  SUCCEEDED: [],
  FAILED: ['PENDING'],
  SKIPPED: ['PENDING'],
  CANCELED: ['PENDING'],
};
const runTable: Record<string, readonly string[]> = {
  '': ['PENDING'],
  PENDING: ['RUNNING', 'CANCELED'],
  RUNNING: ['SUCCEEDED', 'FAILED', 'CANCELING'],
  CANCELING: ['CANCELED'],
  SUCCEEDED: [],
  FAILED: ['RUNNING'],
  CANCELED: ['RUNNING'],
};

/** What is true of every run at every moment, whatever happened to it. Looks at the rows only. */
export function checkInvariants(rows: Observed): void {
  checkHistory(rows);
  checkSteps(rows);
  checkRun(rows);
  checkTracking(rows);
  checkPromotions(rows);
}

/** Replays the history: every change is one of the table, and allowed by what the other steps were at that moment. */
function checkHistory({ run }: Observed): void {
  const numbers = [...run.history, ...run.events].map(({ number }) => number).sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(run.last_event).toBe(numbers.length);
  const at = run.history.map((change) => change.at.getTime());
  expect(at).toEqual(at.toSorted((a, b) => a - b));

  let runState = '';
  const steps = new Map(run.steps.map(({ name }) => [name, { state: 'PENDING', attempt: 0, begun: [0] }]));
  for (const { step: name, state } of run.history) {
    if (name === null) {
      expect(runTable[runState], `the run went from ${runState} to ${state}`).toContain(state);
      runState = state;
      continue;
    }
    const step = steps.get(name)!;
    expect(stepTable[step.state], `${name} went from ${step.state} to ${state}`).toContain(state);
    step.state = state;
    if (state === 'QUEUED') {
      step.attempt += 1;
      for (const dependency of dependencies[name as StepName]) {
        expect(isEnded(steps.get(dependency)!.state), `${name} was queued before ${dependency} ended`).toBe(
          true,
        );
      }
    }
    if (state === 'RUNNING') step.begun.push(step.attempt);
    if (runState === 'CANCELING') expect(state, `${name} while the run was being canceled`).toBe('CANCELED');
  }
  expect(runState).toBe(run.state);
  for (const { name, state, attempt, attempts } of run.steps) {
    const replayed = steps.get(name)!;
    expect({ name, state, attempt }).toEqual({ name, state: replayed.state, attempt: replayed.attempt });
    // An attempt that was canceled before anybody claimed it has a number and no row.
    expect([0, ...attempts.map(({ number }) => number)], `attempts of ${name}`).toEqual(replayed.begun);
  }
}

function checkSteps({ run }: Observed): void {
  for (const step of run.steps) {
    const { name, state, attempts, lease_token, lease_expires_at } = step;
    const running = state === 'RUNNING';
    expect([lease_token !== null, lease_expires_at !== null], `lease of ${name}, ${state}`).toEqual([
      running,
      running,
    ]);
    const open = attempts.filter(({ outcome }) => outcome === null);
    expect(
      open.map(({ number }) => number),
      `open attempts of ${name}`,
    ).toEqual(running ? [step.attempt] : []);
    const succeeded = attempts.filter(({ outcome }) => outcome === 'SUCCEEDED');
    expect(
      succeeded.map(({ number }) => number),
      `successes of ${name}`,
    ).toEqual(state === 'SUCCEEDED' ? [step.attempt] : []);
  }
}

/** A run that has ended has nothing open; one that has not has something that somebody will do. */
function checkRun({ run }: Observed): void {
  const states = run.steps.map(({ state }) => state);
  if (isEnded(run.state))
    expect(states.every(isEnded), `a run that is ${run.state}: ${states.join(' ')}`).toBe(true);
  if (run.state === 'CANCELING') expect(states).toContain('RUNNING');
  if (run.state === 'PENDING' || run.state === 'RUNNING') {
    expect(
      states.some((state) => state === 'QUEUED' || state === 'RUNNING'),
      `a run that stands still: ${states.join(' ')}`,
    ).toBe(true);
  }
  expect(run.ended_at !== null).toBe(isEnded(run.state));
}

const statusOf: Record<string, string> = {
  null: 'RUNNING',
  SUCCEEDED: 'FINISHED',
  FAILED: 'FAILED',
  CRASHED: 'KILLED',
  CANCELED: 'KILLED',
};

/** One tracked run per attempt of a trainer, ended as the attempt did; one model per success. */
function checkTracking({ run, trackedRuns, modelVersions }: Observed): void {
  const trainers = run.steps.filter(({ name }) => (trainerNames as readonly string[]).includes(name));
  const attempts = trainers.flatMap((step) => step.attempts);
  expect(trackedRuns.map(({ step, attempt, status }) => `${step} ${attempt} ${status}`).toSorted()).toEqual(
    attempts.map(({ step, number, outcome }) => `${step} ${number} ${statusOf[String(outcome)]}`).toSorted(),
  );
  expect(modelVersions.map(({ run: tracked }) => String(tracked?.step)).toSorted()).toEqual(
    trainers
      .filter(({ state }) => state === 'SUCCEEDED')
      .map(({ name }) => name)
      .toSorted(),
  );
}

/** At most one of a run, in one order with those of others, and only by an evaluate that succeeded. */
function checkPromotions({ run, promotions, requests, pointer }: Observed): void {
  const own = promotions.filter(({ pipeline_run_id }) => pipeline_run_id === run.id);
  const evaluate = run.steps.find(({ name }) => name === 'evaluate');
  expect(own.length).toBeLessThanOrEqual(1);
  expect(requests.length).toBe(evaluate?.state === 'SUCCEEDED' ? 1 : 0);
  if (own[0]) expect(evaluate?.outputs).toMatchObject({ promotion_id: own[0].id });
  expect(promotions.map(({ version }) => version)).toEqual(promotions.map((_, index) => index + 1));
  expect(pointer?.promotion_id ?? null).toBe(promotions.at(-1)?.id ?? null);
}
