import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../contracts/caller.js';
import { DeadLetter, type DeadLetterPage, type ListDeadLetters } from '../../contracts/dead-letter.js';
import type { PipelineRun } from '../../contracts/pipeline-run.js';
import { unknownDeadLetter } from '../../engine/dead-letter.js';
import { discardDeadLetter } from '../../engine/discard-dead-letter.js';
import { replayDeadLetter } from '../../engine/replay-dead-letter.js';
import type { Prisma } from '../../generated/prisma/client.js';
import type { Cursors } from '../../http/cursors.js';
import { newestFirst } from '../../http/newest-first.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { PipelineRunsService } from '../pipelines/pipeline-runs.service.js';

const include = {
  run: {
    select: {
      pipeline: true,
      identifier: true,
      steps: { select: { name: true, attempts: { orderBy: { number: 'asc' } } } },
    },
  },
} satisfies Prisma.DeadLetterInclude;

type Row = Prisma.DeadLetterGetPayload<{ include: typeof include }>;

@Injectable()
export class DeadLettersService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
    private readonly runs: PipelineRunsService,
  ) {}

  async list(query: ListDeadLetters): Promise<DeadLetterPage> {
    const { kind, pipeline, identifier, replayed } = query;
    const { where, page, ...order } = newestFirst(this.cursors, '/dead-letters', query);
    const rows = await this.db.deadLetter.findMany({
      where: {
        kind,
        run: { pipeline, identifier },
        replayed_at: replayed === 'true' ? { not: null } : null,
        ...where,
      },
      ...order,
      include,
    });
    const { items, next_cursor } = page(rows);
    return { items: items.map(toDeadLetter), next_cursor };
  }

  /** @throws AppError `not_found` */
  async get(id: string): Promise<DeadLetter> {
    const row = await this.db.deadLetter.findUnique({ where: { id }, include });
    return toDeadLetter(row ?? unknownDeadLetter(id));
  }

  /** @throws AppError `not_found`; `conflict` when it was replayed already, or its run cannot be retried */
  async replay(id: string, by: Caller): Promise<PipelineRun> {
    const runId = await replayDeadLetter(this.db, id, by);
    await this.runs.dispatch(runId);
    return this.runs.get(runId);
  }

  /** @throws AppError `not_found` */
  delete(id: string, by: Caller): Promise<void> {
    return discardDeadLetter(this.db, id, by);
  }
}

function toDeadLetter({ run: { steps, ...run }, run_id, ...row }: Row): DeadLetter {
  const attempts = steps.find(({ name }) => name === row.step)?.attempts ?? [];
  return DeadLetter.parse({ ...run, ...row, pipeline_run_id: run_id, attempts });
}
