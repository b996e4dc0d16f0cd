import { workerState } from '../../engine/worker-presence.js';
import type { Database } from '../../platform/database/database.js';

/** More than there are, unless they crash and come back all day: then the latest. */
const most = 500;

interface WorkerRow {
  id: string;
  state: string;
}

interface StepRow {
  worker: string;
  run_id: string;
  step: string;
  kind: string;
  attempt: number;
  since: Date;
  fraction: number | null;
}

/** The workers of the last day, those that are alive first, with what each is working on. */
export async function readWorkers(db: Database): Promise<(WorkerRow & { steps: StepRow[] })[]> {
  const [workers, steps] = await Promise.all([
    db.$queryRaw<WorkerRow[]>`
      select w.id, w.host, w.pid, w.capacity, w.version, w.started_at, w.heartbeat_at, w.stopped_at,
             ${workerState} as state
      from workers w order by state, w.started_at desc, w.id limit ${most}`,
    db.$queryRaw<StepRow[]>`
      select s.worker, s.run_id::text, s.name as step, s.kind, s.attempt, a.started_at as since,
             (s.progress->>'fraction')::float8 as fraction
      from steps s join attempts a on a.run_id = s.run_id and a.step = s.name and a.number = s.attempt
      where s.state = 'RUNNING' and s.worker is not null
      order by a.started_at, s.run_id, s.position`,
  ]);
  return workers.map((worker) => ({ ...worker, steps: steps.filter((step) => step.worker === worker.id) }));
}
