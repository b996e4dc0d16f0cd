import { Inject, Injectable } from '@nestjs/common';
import type { Env } from '../../config/env.js';
import { AppError } from '../../contracts/app-error.js';
import type {
  CreatePipelineRun,
  ListPipelineRuns,
  PipelineRun,
  PipelineRunPage,
} from '../../contracts/pipeline-run.js';
import { beginHeldRuns } from '../../engine/begin-held-runs.js';
import { cancelRun } from '../../engine/cancel-run.js';
import { createRun, type NewRun } from '../../engine/create-run.js';
import { dispatchRun } from '../../engine/dispatch.js';
import { retryRun } from '../../engine/retry-run.js';
import { readWaitingReasons } from '../../engine/waiting-reasons.js';
import { olderThan, toPage } from '../../http/cursor.js';
import { DATABASE, ENV, LOG, QUEUES, STORE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import type { Logger } from '../../platform/logger.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';
import type { StepQueues } from '../../platform/queue/step-queues.js';
import { prepareRun } from './prepare-run.js';
import { type RunRow, runInclude, toPipelineRun } from './to-pipeline-run.js';

/** Who acts while there is no login. */
const anonymous = 'anonymous';

@Injectable()
export class PipelineRunsService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(QUEUES) private readonly queues: StepQueues,
    @Inject(STORE) private readonly store: ObjectStore,
    @Inject(LOG) private readonly log: Logger,
    @Inject(ENV) private readonly env: Env,
  ) {}

  /** @throws AppError `invalid_request` when a file of the data set is not there */
  async create(request: CreatePipelineRun): Promise<PipelineRun> {
    const id = await createRun(this.db, await this.prepare(request, anonymous));
    await this.dispatch(id);
    return this.get(id);
  }

  /** @throws AppError `invalid_request` as `create` */
  prepare(request: CreatePipelineRun, actor: string): Promise<NewRun> {
    return prepareRun(this.store, request, actor);
  }

  async list({ limit, cursor, pipeline, identifier, state }: ListPipelineRuns): Promise<PipelineRunPage> {
    const rows = await this.db.pipelineRun.findMany({
      where: { pipeline, identifier, state, ...olderThan(cursor) },
      orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
      take: limit + 1,
      include: runInclude,
    });
    const { items, next_cursor } = toPage(rows, limit);
    return { items: await this.show(items), next_cursor };
  }

  /** @throws AppError `not_found` */
  async get(id: string): Promise<PipelineRun> {
    const row = await this.db.pipelineRun.findUnique({ where: { id }, include: runInclude });
    if (!row) throw new AppError('not_found', `there is no pipeline run ${id}`);
    const [run] = await this.show([row]);
    return run!;
  }

  /** @throws AppError `not_found`, `conflict` */
  async cancel(id: string): Promise<PipelineRun> {
    await cancelRun(this.db, id, anonymous);
    // Should it fail, the reconciler does it at its next turn.
    await beginHeldRuns(this.db, this.queues, id, this.env.RUNS_PER_IDENTIFIER).catch((err: unknown) =>
      this.log.warn({ err, run_id: id }, 'the runs behind it are not dispatched yet'),
    );
    return this.get(id);
  }

  /** @throws AppError `not_found`, `conflict` */
  async retry(id: string): Promise<PipelineRun> {
    await retryRun(this.db, id, anonymous);
    await this.dispatch(id);
    return this.get(id);
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
