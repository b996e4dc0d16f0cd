import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { MetricPoint } from '../contracts/step-message.js';
import type { ModelType } from '../contracts/model-manifest.js';
import type { PipelineRun, TrackedRunStatus } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';
import type { Lease } from './lease.js';
import type { StepRef } from './step-ref.js';

/** Where an attempt's parameters, metrics and files go. */
export const TrackedRunRef = z.object({ run_id: z.string(), experiment_id: z.int() });
export type TrackedRunRef = z.infer<typeof TrackedRunRef>;

const Parameters = z.looseObject({ dataset_name: z.string() });

/** Opens the tracked run of an attempt, with its parameters and tags. Experiments group what is comparable: a data set. */
export async function startTrackedRun(
  tx: Tx,
  run: Pick<PipelineRun, 'id' | 'pipeline' | 'identifier' | 'parameters' | 'created_by'>,
  { step, attempt }: StepRef,
  modelType: ModelType,
): Promise<TrackedRunRef> {
  const parameters = Parameters.parse(run.parameters);
  const name = `${run.pipeline}/${parameters.dataset_name}`;
  const experiment_id = await openExperiment(tx, name);
  const run_id = randomUUID().replaceAll('-', '');
  const tags = {
    'mlflow.runName': `${run.identifier} ${modelType}`,
    'mlflow.user': run.created_by,
    'mlflow.source.name': run.pipeline,
    'mlflow.source.type': 'JOB',
    'trainyard.identifier': run.identifier,
    'trainyard.pipeline_run_id': run.id,
    'trainyard.step': step,
    'trainyard.attempt': String(attempt),
  };
  await tx.trackedRun.create({
    data: {
      run_id,
      experiment_id,
      name: tags['mlflow.runName'],
      user_id: run.created_by,
      pipeline_run_id: run.id,
      step,
      attempt,
      tags: { createMany: { data: Object.entries(tags).map(([key, value]) => ({ key, value })) } },
      params: {
        createMany: {
          data: Object.entries({ ...parameters, model_type: modelType }).map(([key, value]) => ({
            key,
            value: typeof value === 'string' ? value : JSON.stringify(value),
          })),
        },
      },
    },
  });
  return { run_id, experiment_id };
}

/** The name of the experiment that a tracked run belongs to. */
export async function experimentOf(tx: Tx, runId: string): Promise<string> {
  const { experiment } = await tx.trackedRun.findUniqueOrThrow({
    where: { run_id: runId },
    include: { experiment: true },
  });
  return experiment.name;
}

/** The id of an experiment, which is made when there is none of that name. */
export async function openExperiment(tx: Tx, name: string): Promise<number> {
  // Two runs may be the first of an experiment at once: the second waits here for the first and then finds its row.
  await tx.$executeRaw`insert into experiments (name) values (${name}) on conflict (name) do nothing`;
  return (await tx.experiment.findUniqueOrThrow({ where: { name } })).id;
}

/** Closes the tracked run of an attempt, if it has one that is still open. */
export async function endTrackedRun(
  tx: Tx,
  { run_id, step, attempt }: StepRef,
  status: TrackedRunStatus,
): Promise<void> {
  await tx.$executeRaw`
    update tracked_runs set status = ${status}::tracked_run_status, end_time = clock_timestamp()
    where pipeline_run_id = ${run_id}::uuid and step = ${step} and attempt = ${attempt} and status = 'RUNNING'`;
}

/**
 * Appends metric points of an attempt that is still ours, in one statement. The share lock on the step's row closes
 * the race with an expiring lease: either the points are in before it is given away, or they are not written.
 */
export async function logMetrics(db: Database, lease: Lease, points: readonly MetricPoint[]): Promise<void> {
  if (points.length === 0) return;
  // Sorted, so that two writers of one run lock its latest metrics in one order.
  const sorted = [...points].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.step - b.step));
  await db.$executeRaw`
    with held as (
      select r.run_id
      from steps s join tracked_runs r on r.pipeline_run_id = s.run_id and r.step = s.name and r.attempt = s.attempt
      where s.run_id = ${lease.run_id}::uuid and s.name = ${lease.step} and s.state = 'RUNNING'
        and s.attempt = ${lease.attempt} and s.lease_token = ${lease.lease_token}::uuid
      for share of s),
    points as (
      select held.run_id, p.* from held, unnest(
        ${sorted.map(({ key }) => key)}::text[],
        ${sorted.map(({ timestamp }) => Math.trunc(timestamp))}::bigint[],
        ${sorted.map(({ step }) => step)}::bigint[],
        ${sorted.map(({ value }) => storable(value))}::float8[],
        ${sorted.map(({ value }) => Number.isNaN(value))}::boolean[]
      ) as p(key, timestamp, step, value, is_nan)),
    written as (
      insert into metrics (run_id, key, timestamp, step, value, is_nan)
      select run_id, key, timestamp, step, value, is_nan from points on conflict do nothing)
    insert into latest_metrics as latest (run_id, key, timestamp, step, value, is_nan)
    select distinct on (run_id, key) run_id, key, timestamp, step, value, is_nan from points
    order by run_id, key, step desc, timestamp desc, value desc
    on conflict (run_id, key) do update
    set timestamp = excluded.timestamp, step = excluded.step, value = excluded.value, is_nan = excluded.is_nan
    where (excluded.step, excluded.timestamp, excluded.value) >= (latest.step, latest.timestamp, latest.value)`;
}

/** NaN is kept as a flag beside 0, and infinities as the largest doubles, as MLflow does: every comparison stays total. */
function storable(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
