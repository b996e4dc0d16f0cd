import { AppError } from '../contracts/app-error.js';
import { type LogLine, storableMessage } from '../contracts/log-line.js';
import type { RunState, StepState } from '../contracts/states.js';
import type { PipelineRun, Prisma, Step } from '../generated/prisma/client.js';
import type { Tx } from '../platform/database/database.js';
import { newsChannel, newsText } from '../platform/database/news.js';
import { runTransitions, stepTransitions } from './transitions.js';

/** Who changes a state, and why. */
export interface Cause {
  actor: string;
  reason?: string;
}

type RunRow = Pick<
  PipelineRun,
  'id' | 'pipeline' | 'identifier' | 'state' | 'parameters' | 'config_hash' | 'created_by' | 'started_at'
>;

interface StateChange {
  /** Null when it is the run's own. */
  step: string | null;
  state: string;
  actor: string;
  reason: string | null;
}

/** What the engine itself says in the log of an attempt. */
interface AttemptLine {
  step: string;
  attempt: number;
  line: LogLine;
}

/**
 * A run under its lock. Whoever changes a state of a run or of its steps holds it, so that two trainers finishing
 * together cannot both miss that evaluate is free, and a cancel cannot slip in between a decision and its commit.
 */
export class LockedRun {
  private readonly events: (StateChange | AttemptLine)[] = [];

  private constructor(
    readonly tx: Tx,
    readonly row: RunRow,
    /** The database's clock when the lock was had. */
    readonly now: Date,
    /** In the pipeline's order, as this transaction has left them. */
    readonly steps: Step[],
  ) {}

  /**
   * Locks a run, changes it, and writes what changed to its history and logs. Must be the first thing a transaction does: taken
   * after a step's row, two transactions could wait for each other.
   *
   * @throws AppError `not_found`
   */
  static async change<T>(tx: Tx, runId: string, work: (run: LockedRun) => Promise<T>): Promise<T> {
    const run = await LockedRun.lock(tx, runId);
    const result = await work(run);
    await run.writeHistory();
    return result;
  }

  private static async lock(tx: Tx, runId: string): Promise<LockedRun> {
    const [row] = await tx.$queryRaw<(RunRow & { now: Date })[]>`
      select id, pipeline, identifier, state::text as state, parameters, config_hash, created_by,
             started_at, clock_timestamp() as now
      from pipeline_runs where id = ${runId}::uuid for update`;
    if (!row) throw new AppError('not_found', `there is no pipeline run ${runId}`);
    const { now, ...run } = row;
    const steps = await tx.step.findMany({ where: { run_id: runId }, orderBy: { position: 'asc' } });
    return new LockedRun(tx, run, now, steps);
  }

  step(name: string): Step {
    const step = this.steps.find((candidate) => candidate.name === name);
    if (!step) throw new AppError('not_found', `run ${this.row.id} has no step ${name}`);
    return step;
  }

  /** @throws AppError `internal` for a change that the table does not have: a fault of the engine, never written */
  async moveStep(
    name: string,
    to: StepState,
    cause: Cause,
    values: Prisma.StepUpdateInput = {},
  ): Promise<void> {
    const step = this.step(name);
    if (!stepTransitions[step.state].includes(to)) {
      throw new AppError('internal', `step ${name} cannot go from ${step.state} to ${to}`);
    }
    const where = { run_id_name: { run_id: this.row.id, name } };
    this.steps[this.steps.indexOf(step)] = await this.tx.step.update({
      where,
      data: { ...values, state: to },
    });
    this.record(name, to, cause);
  }

  /** @throws AppError `internal` as `moveStep` */
  async moveRun(to: RunState, cause: Cause, values: Prisma.PipelineRunUpdateInput = {}): Promise<void> {
    if (!runTransitions[this.row.state].includes(to)) {
      throw new AppError('internal', `run ${this.row.id} cannot go from ${this.row.state} to ${to}`);
    }
    await this.tx.pipelineRun.update({ where: { id: this.row.id }, data: { ...values, state: to } });
    this.row.state = to;
    this.record(null, to, cause);
  }

  /** For a change that was written by other means than `moveStep` and `moveRun`. */
  record(step: string | null, state: string, { actor, reason }: Cause): void {
    this.events.push({ step, state, actor, reason: reason ?? null });
  }

  /** Adds a line to the log of the step's current attempt. */
  log(step: string, attempt: number, { level, message }: LogLine): void {
    this.events.push({ step, attempt, line: { level, message: storableMessage(message) } });
  }

  /**
   * All of a transaction in one statement, and news of it. The numbers come from a counter on the run's row, whose lock
   * is held: they follow the order of commits, which a sequence's would not.
   */
  private async writeHistory(): Promise<void> {
    const { tx, row, events } = this;
    if (events.length === 0) return;
    await tx.$executeRaw`
      with counter as (
        update pipeline_runs set last_event = last_event + ${events.length} where id = ${row.id}::uuid
        returning last_event - ${events.length} as before),
      numbered as (
        select before + position::int as number, event, event->>'step' as step, clock_timestamp() as at
        from counter, jsonb_array_elements(${JSON.stringify(events)}::jsonb) with ordinality as list(event, position)),
      lines as (
        insert into run_events (run_id, number, kind, step, attempt, data, at)
        select ${row.id}::uuid, number, 'log', step, (event->>'attempt')::int, event->'line', at
        from numbered where event->'line' is not null),
      changes as (
        insert into state_history (run_id, number, step, state, actor, reason, at)
        select ${row.id}::uuid, number, step, event->>'state', event->>'actor', event->>'reason', at
        from numbered where event->'line' is null)
      select pg_notify(${newsChannel}, ${newsText({ kind: 'run', run_id: row.id })}) from counter`;
  }
}
