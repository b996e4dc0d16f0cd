import { type StepKind, stepKinds } from '../contracts/states.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';
import type { StepQueues } from '../platform/queue/step-queues.js';
import { isHandedOut } from './paused-kinds.js';
import { heldRuns, type RunLimit } from './run-limit.js';
import { jobId, type StepRef } from './step-ref.js';

interface QueuedStep extends StepRef {
  kind: StepKind;
  /** Of its run. */
  priority: number;
  /** Milliseconds. */
  delay: number | null;
}

/** Jobs added before the reconciler adds them again: a queue that lost them loses no more than this time. */
const redispatchAfterMs = 10_000;
const batchSize = 500;

const selectQueued = Prisma.sql`
  select s.run_id::text, s.name as step, s.attempt, s.kind, r.priority,
         greatest(0, extract(epoch from s.not_before - clock_timestamp()) * 1000)::float8 as delay
  from steps s join pipeline_runs r on r.id = s.run_id`;

/** Of a kind that this code knows: one that only another version knows waits for a process that has it. */
const isOurs = Prisma.sql`s.state = 'QUEUED' and s.kind = any(${[...stepKinds]}) and ${isHandedOut}`;

/** It was handed over so long ago that a worker should have taken it, or all of them are busy. */
const isOverdue = Prisma.sql`s.dispatched_at < clock_timestamp() - ${redispatchAfterMs} * interval '1 millisecond'`;

/**
 * Hands the queued steps of one run to the queue. A job that is there already is not added again, so doing this twice
 * is harmless, and not doing it (the process died after its commit) is made good by `dispatchForgotten`. A run that has
 * to wait for others of its identifier is found out when it is claimed.
 */
export async function dispatchRun(db: Database, queues: StepQueues, runId: string): Promise<void> {
  const rows = await db.$queryRaw<QueuedStep[]>`
    ${selectQueued}
    where s.run_id = ${runId}::uuid and ${isOurs} and s.dispatched_at is null
    order by s.position`;
  await addJobs(queues, rows);
  await noteDispatched(db, rows);
}

/**
 * Hands over every queued step that has no job, or whose job is lost with the queue; those that never had one come
 * first, and then those of the runs with the highest priority.
 *
 * @returns how many were handed over
 */
export async function dispatchForgotten(db: Database, queues: StepQueues, limit?: RunLimit): Promise<number> {
  const lossy = await kindsWithLostJobs(db, queues);
  const rows = await db.$queryRaw<QueuedStep[]>`
    ${selectQueued}
    where ${isOurs} and (s.not_before is null or s.not_before <= clock_timestamp())
      and (s.dispatched_at is null or (${isOverdue} and s.kind = any(${lossy})))
      and s.run_id not in (${heldRuns(limit)})
    order by s.dispatched_at is not null, r.priority desc, s.dispatched_at, s.run_id, s.position
    limit ${batchSize}`;
  await addJobs(queues, rows);
  await noteDispatched(db, rows);
  return rows.length;
}

/**
 * Kinds of which more steps should have a job than their queue has jobs. Without this look, a thousand steps that wait
 * for a worker would be added again every few seconds, to no effect.
 */
async function kindsWithLostJobs(db: Database, queues: StepQueues): Promise<string[]> {
  const waiting = await db.$queryRaw<{ kind: string; jobs: number }[]>`
    select s.kind, count(*)::int as jobs from steps s
    where s.state in ('QUEUED', 'RUNNING') and (s.state = 'RUNNING' or ${isOverdue})
    group by s.kind having bool_or(s.state = 'QUEUED')`;
  if (waiting.length === 0) return [];
  const depths = await queues.depths();
  return waiting.filter(({ kind, jobs }) => (depths[kind] ?? 0) < jobs).map(({ kind }) => kind);
}

/**
 * Hands over what waited for something that has just happened: its kind was resumed, or a run of its identifier has
 * ended. It is not noted, so that the reconciler does it once more at its next turn: a worker may be about to refuse
 * the job that is there, and while that exists another one is silently not added.
 */
export async function dispatchReleased(
  db: Database,
  queues: StepQueues,
  released: { kinds: readonly StepKind[] } | { identifier: string },
  limit: RunLimit,
): Promise<void> {
  const those =
    'kinds' in released
      ? Prisma.sql`s.kind = any(${[...released.kinds]})`
      : Prisma.sql`r.identifier = ${released.identifier} and r.state = 'PENDING' and s.dispatched_at is null`;
  await addJobs(
    queues,
    await db.$queryRaw<QueuedStep[]>`
      ${selectQueued}
      where ${isOurs} and ${those} and s.run_id not in (${heldRuns(limit)})
      order by r.priority desc, s.dispatched_at nulls first, s.run_id, s.position limit ${batchSize}`,
  );
}

async function addJobs(queues: StepQueues, rows: readonly QueuedStep[]): Promise<void> {
  await queues.add(
    rows.map(({ run_id, step, attempt, kind, priority, delay }) => ({
      kind,
      id: jobId({ run_id, step, attempt }),
      payload: { run_id, step, attempt } satisfies StepRef,
      priority,
      delayMs: Math.ceil(delay ?? 0),
    })),
  );
}

async function noteDispatched(db: Database, rows: readonly StepRef[]): Promise<void> {
  if (rows.length === 0) return;
  await db.$executeRaw`
    update steps s set dispatched_at = clock_timestamp()
    from unnest(${rows.map(({ run_id }) => run_id)}::uuid[], ${rows.map(({ step }) => step)}::text[],
                ${rows.map(({ attempt }) => attempt)}::int[]) as d(run_id, name, attempt)
    where s.run_id = d.run_id and s.name = d.name and s.attempt = d.attempt and s.state = 'QUEUED'`;
}
