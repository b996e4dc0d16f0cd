import type { Database, Tx } from '../platform/database/database.js';
import { heldRuns, type RunLimit } from './run-limit.js';
import { workerState } from './worker-presence.js';

interface WaitingRun {
  id: string;
  identifier: string;
}

interface WaitingStep {
  kind: string;
  not_before: Date | null;
}

/** Says of a step that is QUEUED why it is. */
export interface WaitingReasons {
  of(run: WaitingRun, step: WaitingStep): string;
}

interface Situation {
  now: Date;
  /** Kinds of step. */
  paused: string[];
  /** Kinds that a worker which is alive takes. */
  taken: string[];
  /** Ids of runs. */
  held: string[];
}

/** Reads what the queued steps of these runs wait for: one query for all of them, none when no step is queued. */
export async function readWaitingReasons(
  db: Database | Tx,
  runs: readonly { id: string; steps: readonly { state: string }[] }[],
  limit: RunLimit,
): Promise<WaitingReasons> {
  const queued = runs
    .filter(({ steps }) => steps.some(({ state }) => state === 'QUEUED'))
    .map(({ id }) => id);
  const rows =
    queued.length === 0
      ? []
      : await db.$queryRaw<Situation[]>`
          select clock_timestamp() as now,
                 array(select kind from paused_kinds) as paused,
                 array(select distinct jsonb_object_keys(w.capacity) from workers w
                       where ${workerState} = 'alive') as taken,
                 array(select held.id::text from (${heldRuns(limit)}) held
                       where held.id = any(${queued}::uuid[])) as held`;
  const { now, paused, taken, held } = rows[0] ?? { now: new Date(0), paused: [], taken: [], held: [] };
  return {
    of({ id, identifier }, { kind, not_before }) {
      if (held.includes(id))
        return `the end of another run of ${identifier}: ${limit} may be under way at once (RUNS_PER_IDENTIFIER)`;
      if (paused.includes(kind)) return `its kind to be resumed: ${kind} is paused`;
      if (not_before && not_before > now)
        return `its next attempt: back-off until ${not_before.toISOString()}`;
      if (!taken.includes(kind)) return `a worker: none that is alive takes ${kind}`;
      return 'a free worker';
    },
  };
}
