import { Inject, Injectable } from '@nestjs/common';
import type { Env } from '../../config/env.js';
import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import type { CloneRun } from '../../contracts/clone-run.js';
import type { RunExplanation } from '../../contracts/run-explanation.js';
import type { ListPipelineRuns } from '../../contracts/list-pipeline-runs.js';
import type {
  CreatePipelineRun,
  PipelineRun,
  PipelineRunPage,
  UpdatePipelineRun,
} from '../../contracts/pipeline-run.js';
import { beginHeldRuns } from '../../engine/begin-held-runs.js';
import { cancelRun } from '../../engine/cancel-run.js';
import { type NewRun, writeRun } from '../../engine/create-run.js';
import { deleteRun } from '../../engine/delete-run.js';
import { dispatchRun } from '../../engine/dispatch.js';
import { failpoint } from '../../engine/failpoint.js';
import { labelRun } from '../../engine/label-run.js';
import { retryRun } from '../../engine/retry-run.js';
import { readWaitingReasons } from '../../engine/waiting-reasons.js';
import type { Cursors } from '../../http/cursors.js';
import type { CreatedAnswer, Once } from '../../http/once.js';
import { CURSORS, DATABASE, ENV, LOG, QUEUES, STORE } from '../../http/resources.module.js';
import type { Database, Tx } from '../../platform/database/database.js';
import type { Logger } from '../../platform/logger.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';
import type { StepQueues } from '../../platform/queue/step-queues.js';
import { cloneRequest } from './clone-request.js';
import { explainRun } from './explain-run.js';
import { prepareRun } from './prepare-run.js';
import { runFilter } from './run-filter.js';
import { sortedRuns } from './sorted-runs.js';
import { readNewRun, type RunRow, runInclude, toPipelineRun } from './to-pipeline-run.js';

@Injectable()
export class PipelineRunsService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(QUEUES) private readonly queues: StepQueues,
    @Inject(STORE) private readonly store: ObjectStore,
    @Inject(LOG) private readonly log: Logger,
    @Inject(CURSORS) private readonly cursors: Cursors,
    @Inject(ENV) private readonly env: Env,
  ) {}

  /**
   * The run as it stands when it is written, as text.
   * @throws AppError `invalid_request` when a file of the data set is not there; `unprocessable`
   */
  async create(request: CreatePipelineRun, by: Caller, once: Once): Promise<string> {
    const { id, text } = (await once.replay(this.db)) ?? (await this.write(request, by, once));
    await this.dispatch(id);
    return text;
  }

  /** @throws AppError `invalid_request` as `create` */
  prepare(request: CreatePipelineRun, by: Caller): Promise<NewRun> {
    return prepareRun(this.store, request, by);
  }

  /**
   * @throws AppError `not_found`; `invalid_request` for overrides that the pipeline does not take; `unprocessable`
   */
  async clone(id: string, overrides: CloneRun, by: Caller, once: Once): Promise<string> {
    const { id: clone, text } =
      (await once.replay(this.db)) ?? (await this.writeClone(id, overrides, by, once));
    await this.dispatch(clone);
    return text;
  }

  /** @throws AppError `not_found`, `conflict` */
  delete(id: string, by: Caller): Promise<void> {
    return deleteRun(this.db, id, by);
  }

  explain(id: string): Promise<RunExplanation> {
    return explainRun(this.db, id);
  }

  async list(query: ListPipelineRuns): Promise<PipelineRunPage> {
    const { where, page, ...order } = sortedRuns(this.cursors, query);
    const rows = await this.db.pipelineRun.findMany({
      where: { AND: [runFilter(query), where] },
      ...order,
      include: runInclude,
    });
    const { items, next_cursor } = page(rows);
    return { items: await this.show(items), next_cursor };
  }

  /** @throws AppError `not_found` */
  async get(id: string): Promise<PipelineRun> {
    const row = await this.db.pipelineRun.findUnique({ where: { id }, include: runInclude });
    if (!row) throw new AppError('not_found', `there is no pipeline run ${id}`);
    const [run] = await this.show([row]);
    return run!;
  }

  /** @throws AppError `not_found`; `invalid_request` when it would have too many tags */
  async update(id: string, changes: UpdatePipelineRun, by: Caller): Promise<PipelineRun> {
    await labelRun(this.db, id, changes, by);
    return this.get(id);
  }

  /** @throws AppError `not_found`, `conflict` */
  async cancel(id: string, by: Caller): Promise<PipelineRun> {
    await cancelRun(this.db, id, by);
    // Should it fail, the reconciler does it at its next turn.
    await beginHeldRuns(this.db, this.queues, id, this.env.RUNS_PER_IDENTIFIER).catch((err: unknown) =>
      this.log.warn({ err, run_id: id }, 'the runs behind it are not dispatched yet'),
    );
    return this.get(id);
  }

  /** @throws AppError `not_found`, `conflict` */
  async retry(id: string, by: Caller): Promise<PipelineRun> {
    await retryRun(this.db, id, by);
    await this.dispatch(id);
    return this.get(id);
  }

  /**
   * Writes a run and keeps the answer that shows it. It still has to be dispatched.
   * @param write gives the run's id; does nothing but talk to the transaction
   */
  async writeOnce(once: Once, write: (tx: Tx) => Promise<string>): Promise<CreatedAnswer> {
    const limit = this.env.RUNS_PER_IDENTIFIER;
    const answer = await once.run(this.db, async (tx) => readNewRun(tx, await write(tx), limit));
    failpoint('create_after_commit');
    return answer;
  }

  private async write(request: CreatePipelineRun, by: Caller, once: Once): Promise<CreatedAnswer> {
    const run = await this.prepare(request, by);
    return this.writeOnce(once, (tx) => writeRun(tx, run));
  }

  private async writeClone(id: string, overrides: CloneRun, by: Caller, once: Once): Promise<CreatedAnswer> {
    const original = await this.db.pipelineRun.findUnique({ where: { id }, include: { tags: true } });
    if (!original) throw new AppError('not_found', `there is no pipeline run ${id}`);
    const run = await this.prepare(cloneRequest(original, overrides), by);
    return this.writeOnce(once, (tx) => writeRun(tx, { ...run, cloned_from: id }));
  }

  /** One question for all of them: what their steps wait for does not depend on how many there are. */
  private async show(rows: readonly RunRow[]): Promise<PipelineRun[]> {
    const waiting = await readWaitingReasons(this.db, rows, this.env.RUNS_PER_IDENTIFIER);
    return rows.map((row) => toPipelineRun(row, waiting));
  }

  /** The run is written by now: a queue that is away delays it and fails nobody's request. */
  async dispatch(id: string): Promise<void> {
    await dispatchRun(this.db, this.queues, id).catch((err: unknown) =>
      this.log.warn({ err, run_id: id }, 'not dispatched yet'),
    );
  }
}
