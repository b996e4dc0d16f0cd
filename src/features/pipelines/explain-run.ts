import { AppError } from '../../contracts/app-error.js';
import type { ExplainedStep, RunExplanation } from '../../contracts/run-explanation.js';
import { StepCacheRecord } from '../../contracts/step-cache.js';
import { canonicalJson } from '../../platform/canonical-json.js';
import { knownStepPlan } from '../../engine/pipelines/pipelines.js';
import type { Step } from '../../generated/prisma/client.js';
import type { Database } from '../../platform/database/database.js';

interface Compared {
  run_id: string;
  name: string;
  cache: unknown;
}

/**
 * Says for each step why it ran or was reused: what decided its result, beside what did in the run that it was reused
 * from, or else in the newest run of the same identifier that had done the step by then.
 *
 * @throws AppError `not_found`
 */
export async function explainRun(db: Database, id: string): Promise<RunExplanation> {
  const run = await db.pipelineRun.findUnique({
    where: { id },
    include: { steps: { orderBy: { position: 'asc' } } },
  });
  if (!run) throw new AppError('not_found', `there is no pipeline run ${id}`);
  const compared = await db.$queryRaw<Compared[]>`
    select s.name, o.run_id::text, o.cache
    from steps s, lateral (
      select e.run_id, e.cache
      from steps e join pipeline_runs r on r.id = e.run_id
      where r.identifier = ${run.identifier} and r.pipeline = ${run.pipeline} and e.name = s.name
        and e.run_id <> s.run_id and e.state = 'SUCCEEDED' and e.cache is not null
        and (e.run_id = s.cached_from_run_id or e.ended_at <= coalesce(s.started_at, now()))
      order by (e.run_id = s.cached_from_run_id) desc nulls last, e.ended_at desc limit 1) o
    where s.run_id = ${id}::uuid and s.cache is not null`;
  const steps = run.steps.map((step) =>
    explainStep(
      run.pipeline,
      step,
      compared.find(({ name }) => name === step.name),
    ),
  );
  return { pipeline_run_id: id, steps };
}

function explainStep(pipeline: string, step: Step, compared: Compared | undefined): ExplainedStep {
  const { name, state, cached_from_run_id } = step;
  const shown = { step: name, state, cached_from_run_id };
  if (step.cache === null) {
    const plan = knownStepPlan(pipeline, name);
    const reason =
      plan && !plan.determinants ? 'it has effects: it runs in every run' : 'no worker has looked at it yet';
    const decision = step.attempt > 0 && step.started_at ? 'ran' : 'undecided';
    return { ...shown, decision, reason, compared_with_run_id: null, inputs: [] };
  }
  const record = StepCacheRecord.parse(step.cache);
  const before = compared && StepCacheRecord.parse(compared.cache).inputs;
  const inputs = Object.entries(record.inputs).map(([input, value]) => ({
    name: input,
    value,
    before: before?.[input],
    changed: before ? canonicalJson(value) !== canonicalJson(before[input] ?? null) : null,
  }));
  return {
    ...shown,
    decision: cached_from_run_id === null ? 'ran' : 'reused',
    reason: reasonOf(
      record,
      cached_from_run_id,
      inputs.filter(({ changed }) => changed).map((input) => input.name),
    ),
    compared_with_run_id: compared?.run_id ?? null,
    inputs,
  };
}

function reasonOf({ outcome, note }: StepCacheRecord, from: string | null, changed: string[]): string {
  switch (outcome) {
    case 'reused':
      return `everything that decides its result is as it was in run ${from ?? 'before'}`;
    case 'off':
      return note ?? 'reuse is off';
    case 'damaged':
      return `an earlier result could not be reused: ${note ?? ''}`;
    case 'unknown':
      return `what decides its result could not be read: ${note ?? ''}`;
    case 'none':
      return changed.length > 0
        ? `changed since the run before: ${changed.join(', ')}`
        : 'no earlier run of this identifier has the result';
  }
}
