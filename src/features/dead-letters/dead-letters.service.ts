import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import { DeadLetter, type DeadLetterPage, type ListDeadLetters } from '../../contracts/dead-letter.js';
import type { PipelineRun } from '../../contracts/pipeline-run.js';
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
    if (!row) throw notFound(id);
    return toDeadLetter(row);
  }

  /** @throws AppError `not_found`; `conflict` when it was replayed already, or its run cannot be retried */
  async replay(id: string): Promise<PipelineRun> {
    const { replayed_at, pipeline_run_id } = await this.get(id);
    if (replayed_at) throw new AppError('conflict', 'the step was run again already');
    // Of two replays at once the run's lock lets one through; the other finds the run RUNNING.
    return this.runs.retry(pipeline_run_id);
  }

  /** @throws AppError `not_found` */
  async delete(id: string): Promise<void> {
    const { count } = await this.db.deadLetter.deleteMany({ where: { id } });
    if (count === 0) throw notFound(id);
  }
}

function notFound(id: string): AppError {
  return new AppError('not_found', `there is no dead letter ${id}`);
}

function toDeadLetter({ run: { steps, ...run }, run_id, ...row }: Row): DeadLetter {
  const attempts = steps.find(({ name }) => name === row.step)?.attempts ?? [];
  return DeadLetter.parse({ ...run, ...row, pipeline_run_id: run_id, attempts });
}
