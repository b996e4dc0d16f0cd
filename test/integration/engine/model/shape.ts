import { type ModelRun, stepNames } from './model-run.js';
import type { Observed } from './observe.js';

/** What the model and the rows both know, in one form. Claims are known by the number that the test gave them. */
export function shapeOfModel(model: ModelRun) {
  return {
    run: model.state,
    steps: stepNames.map((name) => {
      const { state, attempt, failures, crashes, claim, backOff } = model.steps[name];
      const backsOff = state === 'QUEUED' && backOff !== 'none';
      return { name, state, attempt, failures, crashes, claim, backsOff };
    }),
    history: model.history,
    attempts: model.attempts.toSorted(),
    promotions: model.promotions,
    pointerVersion: model.promotions.length,
  };
}

export function shapeOfRows(
  { run, promotions, pointer }: Observed,
  claimOf: (leaseToken: string) => number | undefined,
): ReturnType<typeof shapeOfModel> {
  const history: Record<string, string[]> = {};
  for (const { step, state } of run.history) (history[step ?? 'run'] ??= []).push(state);
  return {
    run: run.state,
    steps: stepNames.map((name) => {
      const step = run.steps.find((candidate) => candidate.name === name)!;
      const { state, attempt, failures, crashes, lease_token, not_before } = step;
      const claim = lease_token === null ? null : (claimOf(lease_token) ?? Number.NaN);
      const backsOff = state === 'QUEUED' && not_before !== null;
      return { name, state, attempt, failures, crashes, claim, backsOff };
    }),
    history,
    attempts: run.steps
      .flatMap(({ attempts }) => attempts.map(({ step, number, outcome }) => `${step} ${number} ${outcome}`))
      .toSorted(),
    promotions: promotions.map(({ pipeline_run_id }) => (pipeline_run_id === run.id ? 'run' : 'operator')),
    pointerVersion: pointer?.version ?? 0,
  };
}
