import { z } from 'zod';
import { LogData, MetricsData, type ProgressEvent, type RunEvent } from '../contracts/run-event.js';
import { RunState } from '../contracts/states.js';
import { StepProgress } from '../contracts/step-progress.js';
import type { Database } from '../platform/database/database.js';

/** A run as it is at one moment, to one who has seen its first events. */
export interface RunNow {
  state: RunState;
  last_event: number;
  /** What came after those, by rising numbers; not always all of it. */
  events: RunEvent[];
  /** Of the steps that run. */
  progress: ProgressEvent[];
}

const At = z.number().transform((milliseconds) => new Date(milliseconds));
const Row = z.union([
  z.object({
    number: z.int(),
    at: At,
    change: z.object({
      step: z.string().nullable(),
      state: z.string(),
      actor: z.string(),
      reason: z.string().nullable(),
    }),
  }),
  z.object({
    number: z.int(),
    at: At,
    kind: z.literal('log'),
    step: z.string(),
    attempt: z.int(),
    data: LogData,
  }),
  z.object({
    number: z.int(),
    at: At,
    kind: z.literal('metrics'),
    step: z.string(),
    attempt: z.int(),
    data: MetricsData,
  }),
]);
const Now = z.object({
  state: RunState,
  last_event: z.int(),
  events: z.array(Row),
  progress: z.array(z.object({ step: z.string(), attempt: z.int(), progress: StepProgress })),
});

/**
 * Reads on in a run's events. One statement sees one moment: no event can be missing below another, and a run that is
 * ended with all its events read has no more of them.
 *
 * @returns undefined when there is no such run
 */
export async function readEvents(
  db: Database,
  runId: string,
  after: number,
  limit: number,
): Promise<RunNow | undefined> {
  const [row] = await db.$queryRaw<unknown[]>`
    select r.state::text as state, r.last_event,
      (select coalesce(jsonb_agg(event.row order by event.number), '[]')
       from (
         (select number, jsonb_build_object(
            'number', number, 'at', floor(extract(epoch from at) * 1000), 'change', jsonb_build_object(
              'step', step, 'state', state, 'actor', actor, 'reason', reason)) as row
          from state_history where run_id = r.id and number > ${after}::bigint order by number limit ${limit})
         union all
         (select number, jsonb_build_object(
            'number', number, 'at', floor(extract(epoch from at) * 1000), 'kind', kind, 'step', step,
            'attempt', attempt, 'data', data)
          from run_events where run_id = r.id and number > ${after}::bigint order by number limit ${limit})
         order by number limit ${limit}) as event) as events,
      (select coalesce(jsonb_agg(jsonb_build_object('step', name, 'attempt', attempt, 'progress', progress)
                                 order by position), '[]')
       from steps where run_id = r.id and state = 'RUNNING' and progress is not null) as progress
    from pipeline_runs r where r.id = ${runId}::uuid`;
  if (row === undefined) return undefined;
  const { events, ...now } = Now.parse(row);
  return { ...now, events: events.map(toEvent) };
}

function toEvent(row: z.infer<typeof Row>): RunEvent {
  const { number, at } = row;
  if ('change' in row) return { event: 'state', data: { number, at, ...row.change } };
  const { step, attempt } = row;
  return row.kind === 'log'
    ? { event: 'log', data: { number, at, step, attempt, ...row.data } }
    : { event: 'metrics', data: { number, at, step, attempt, ...row.data } };
}

/**
 * For each of these runs a mark that is another one after everything that readers of its events are shown.
 * One statement for all of them.
 */
export async function runMarks(db: Database, runIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.$queryRaw<{ id: string; mark: string }[]>`
    select r.id::text, concat_ws(' ', r.last_event, md5(string_agg(s.progress::text, ' ' order by s.position))) as mark
    from pipeline_runs r left join steps s on s.run_id = r.id and s.state = 'RUNNING'
    where r.id = any(${runIds}::uuid[]) group by r.id`;
  return new Map(rows.map(({ id, mark }) => [id, mark]));
}
