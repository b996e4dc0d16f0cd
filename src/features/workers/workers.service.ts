import { Inject, Injectable } from '@nestjs/common';
import type { Env } from '../../config/env.js';
import type { Caller } from '../../contracts/caller.js';
import { stepKinds } from '../../contracts/states.js';
import { PausedKinds, type PauseWorkers, WorkerList } from '../../contracts/worker.js';
import { dispatchReleased } from '../../engine/dispatch.js';
import { pauseKinds, resumeKinds } from '../../engine/paused-kinds.js';
import { DATABASE, ENV, LOG, QUEUES } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import type { Logger } from '../../platform/logger.js';
import type { StepQueues } from '../../platform/queue/step-queues.js';
import { readWorkers } from './read-workers.js';

@Injectable()
export class WorkersService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(QUEUES) private readonly queues: StepQueues,
    @Inject(LOG) private readonly log: Logger,
    @Inject(ENV) private readonly env: Env,
  ) {}

  async list(): Promise<WorkerList> {
    const [items, paused] = await Promise.all([readWorkers(this.db), this.paused()]);
    return WorkerList.parse({ items, ...paused, next_cursor: null });
  }

  async pause({ kinds = [...stepKinds], reason }: PauseWorkers, by: Caller): Promise<PausedKinds> {
    await pauseKinds(this.db, [...new Set(kinds)], by, reason ?? null);
    return this.paused();
  }

  async resume({ kinds = [...stepKinds] }: PauseWorkers, by: Caller): Promise<PausedKinds> {
    await resumeKinds(this.db, kinds, by);
    // They are handed out again from now on: a queue that is away only delays it.
    await dispatchReleased(this.db, this.queues, { kinds }, this.env.RUNS_PER_IDENTIFIER).catch(
      (err: unknown) => this.log.warn({ err, kinds }, 'not dispatched yet'),
    );
    return this.paused();
  }

  private async paused(): Promise<PausedKinds> {
    const rows = await this.db.pausedKind.findMany({ orderBy: { kind: 'asc' } });
    return { paused: rows.map(({ kind, at, actor, reason }) => ({ kind, since: at, by: actor, reason })) };
  }
}
