import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import { CreatePipelineRun } from '../../contracts/pipeline-run.js';
import {
  type CreateSchedule,
  type ListSchedules,
  type PatchSchedule,
  type Schedule,
  SchedulePage,
} from '../../contracts/schedule.js';
import type { NewRun } from '../../engine/create-run.js';
import { nextTime } from '../../engine/schedules/next-time.js';
import { triggerSchedule } from '../../engine/schedules/trigger-schedule.js';
import { Prisma, type Schedule as ScheduleRow } from '../../generated/prisma/client.js';
import { anonymous } from '../../http/caller.js';
import type { Cursors } from '../../http/cursors.js';
import { newestFirst } from '../../http/newest-first.js';
import type { CreatedAnswer, Once } from '../../http/once.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database, Tx } from '../../platform/database/database.js';
import { jsonObject } from '../../platform/database/json-object.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { PipelineRunsService } from '../pipelines/pipeline-runs.service.js';
import { applyPatch } from './apply-patch.js';
import { parseRun } from './parse-run.js';
import { scheduleInclude, toSchedule } from './to-schedule.js';

@Injectable()
export class SchedulesService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
    @Inject(PipelineRunsService) private readonly runs: PipelineRunsService,
  ) {}

  /**
   * The schedule as it stands when it is written, as text.
   * @throws AppError `invalid_request` when it has no next time; `conflict` when its name is taken; `unprocessable`
   */
  async create(request: CreateSchedule, once: Once): Promise<string> {
    return ((await once.replay(this.db)) ?? (await this.write(request, once))).text;
  }

  async list(query: ListSchedules): Promise<SchedulePage> {
    const { page, ...order } = newestFirst(this.cursors, '/schedules', query);
    return SchedulePage.parse(page(await this.db.schedule.findMany(order)));
  }

  /** @throws AppError `not_found` */
  async get(id: string): Promise<Schedule> {
    const row = await this.db.schedule.findUnique({ where: { id }, include: scheduleInclude });
    return toSchedule(row ?? unknownSchedule(id));
  }

  /** @throws AppError `not_found`; `invalid_request`, `conflict` as `create` */
  async patch(id: string, patch: PatchSchedule): Promise<Schedule> {
    const row = await uniquelyNamed(patch.name ?? '', () =>
      inTransaction(this.db, async (tx) => {
        // Locked against a time that comes meanwhile, and against another patch: each sees what the other has left.
        await tx.$executeRaw`select 1 from schedules where id = ${id}::uuid for update`;
        const before = (await tx.schedule.findUnique({ where: { id } })) ?? unknownSchedule(id);
        const at = await now(tx);
        const data = { ...applyPatch(before, patch, at), updated_at: at };
        return tx.schedule.update({ where: { id }, data, include: scheduleInclude });
      }),
    );
    return toSchedule(row);
  }

  /** @throws AppError `not_found` */
  async delete(id: string): Promise<void> {
    const { count } = await this.db.schedule.deleteMany({ where: { id } });
    if (count === 0) unknownSchedule(id);
  }

  /**
   * The run as it stands when it is written, as text.
   * @throws AppError `not_found`; `invalid_request` when its run cannot be made; `unprocessable`
   */
  async trigger(id: string, once: Once): Promise<string> {
    const { id: run, text } = (await once.replay(this.db)) ?? (await this.writeRun(id, once));
    await this.runs.dispatch(run);
    return text;
  }

  /** @throws AppError `invalid_request` when its parameters are not valid any more, or its data set is not there */
  async prepare({ name, pipeline, parameters, priority }: ScheduleRow): Promise<NewRun> {
    const request = CreatePipelineRun.parse({ ...parseRun({ pipeline, parameters }), priority });
    return this.runs.prepare(request, `schedule ${name}`);
  }

  private async write({ parameters, ...settings }: CreateSchedule, once: Once): Promise<CreatedAnswer> {
    const next = nextTime(settings, await now(this.db));
    const data = {
      ...settings,
      parameters: jsonObject(parameters),
      next_at: settings.enabled ? next : null,
      created_by: anonymous,
    };
    return uniquelyNamed(settings.name, () =>
      once.run(this.db, async (tx) =>
        toSchedule(await tx.schedule.create({ data, include: scheduleInclude })),
      ),
    );
  }

  private async writeRun(id: string, once: Once): Promise<CreatedAnswer> {
    const schedule = (await this.db.schedule.findUnique({ where: { id } })) ?? unknownSchedule(id);
    const run = { ...(await this.prepare(schedule)), actor: anonymous };
    return this.runs.writeOnce(once, (tx) => triggerSchedule(tx, schedule, run));
  }
}

function unknownSchedule(id: string): never {
  throw new AppError('not_found', `there is no schedule ${id}`);
}

/** The database decides, so that of two that ask for a name at once one gets it. */
async function uniquelyNamed<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!(cause instanceof Prisma.PrismaClientKnownRequestError) || cause.code !== 'P2002') throw cause;
    throw new AppError('conflict', `there is a schedule named "${name}" already`, { cause });
  }
}

async function now(db: Database | Tx): Promise<Date> {
  const [row] = await db.$queryRaw<[{ now: Date }]>`select clock_timestamp() as now`;
  return row.now;
}
