import { type StepKind, stepKinds } from '../contracts/states.js';
import type { Database } from '../platform/database/database.js';
import type { StepQueues } from '../platform/queue/step-queues.js';
import { jobId, type StepRef } from './step-ref.js';

interface QueuedStep extends StepRef {
  kind: StepKind;
  delay: number;
}

/** Jobs added before the reconciler adds them again: a queue that lost them loses no more than this time. */
const redispatchAfterMs = 10_000;
const batchSize = 500;

/**
 * Hands the queued steps of one run to the queue. A job that is there already is not added again, so doing this twice
 * is harmless, and not doing it (the process died after its commit) is made good by `dispatchForgotten`.
 */
export async function dispatchRun(db: Database, queues: StepQueues, runId: string): Promise<void> {
  await dispatch(
    db,
    queues,
    await db.$queryRaw<QueuedStepRow[]>`
      select run_id::text, name as step, attempt, kind,
             greatest(0, extract(epoch from not_before - clock_timestamp()) * 1000)::float8 as delay
      from steps
      where run_id = ${runId}::uuid and state = 'QUEUED' and dispatched_at is null and kind = any(${stepKinds})
      order by position`,
  );
}

/**
 * Hands over every queued step that has no job, or whose job may be lost with the queue. One of a kind that only
 * another version of the code knows waits for a process that has it.
 * @returns how many were handed over
 */
export async function dispatchForgotten(db: Database, queues: StepQueues): Promise<number> {
  const rows = await db.$queryRaw<QueuedStepRow[]>`
    select run_id::text, name as step, attempt, kind,
           greatest(0, extract(epoch from not_before - clock_timestamp()) * 1000)::float8 as delay
    from steps
    where state = 'QUEUED' and kind = any(${stepKinds}) and (not_before is null or not_before <= clock_timestamp())
      and (dispatched_at is null
           or dispatched_at < clock_timestamp() - ${redispatchAfterMs} * interval '1 millisecond')
    order by dispatched_at nulls first, run_id, position limit ${batchSize}`;
  await dispatch(db, queues, rows);
  return rows.length;
}

type QueuedStepRow = Omit<QueuedStep, 'delay'> & { delay: number | null };

async function dispatch(db: Database, queues: StepQueues, rows: readonly QueuedStepRow[]): Promise<void> {
  if (rows.length === 0) return;
  await queues.add(
    rows.map(({ run_id, step, attempt, kind, delay }) => ({
      kind,
      id: jobId({ run_id, step, attempt }),
      payload: { run_id, step, attempt } satisfies StepRef,
      delayMs: Math.ceil(delay ?? 0),
    })),
  );
  await db.$executeRaw`
    update steps s set dispatched_at = clock_timestamp()
    from unnest(${rows.map(({ run_id }) => run_id)}::uuid[], ${rows.map(({ step }) => step)}::text[],
                ${rows.map(({ attempt }) => attempt)}::int[]) as d(run_id, name, attempt)
    where s.run_id = d.run_id and s.name = d.name and s.attempt = d.attempt and s.state = 'QUEUED'`;
}
