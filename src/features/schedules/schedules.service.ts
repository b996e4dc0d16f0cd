import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import { CreatePipelineRun, type PipelineRun } from '../../contracts/pipeline-run.js';
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
import { olderThan, toPage } from '../../http/cursor.js';
import { DATABASE } from '../../http/resources.module.js';
import type { Database, Tx } from '../../platform/database/database.js';
import { jsonObject } from '../../platform/database/json-object.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { PipelineRunsService } from '../pipelines/pipeline-runs.service.js';
import { applyPatch } from './apply-patch.js';
import { parseRun } from './parse-run.js';
import { scheduleInclude, toSchedule } from './to-schedule.js';

/** Who acts while there is no login. */
const anonymous = 'anonymous';

@Injectable()
export class SchedulesService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(PipelineRunsService) private readonly runs: PipelineRunsService,
  ) {}

  /** @throws AppError `invalid_request` when it has no next time; `conflict` when its name is taken */
  async create({ parameters, ...settings }: CreateSchedule): Promise<Schedule> {
    const next = nextTime(settings, await now(this.db));
    const row = await uniquelyNamed(settings.name, () =>
      this.db.schedule.create({
        data: {
          ...settings,
          parameters: jsonObject(parameters),
          next_at: settings.enabled ? next : null,
          created_by: anonymous,
        },
        include: scheduleInclude,
      }),
    );
    return toSchedule(row);
  }

  async list({ limit, cursor }: ListSchedules): Promise<SchedulePage> {
    const rows = await this.db.schedule.findMany({
      where: olderThan(cursor),
      orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
      take: limit + 1,
    });
    return SchedulePage.parse(toPage(rows, limit));
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

  /** @throws AppError `not_found`; `invalid_request` when its run cannot be made */
  async trigger(id: string): Promise<PipelineRun> {
    const schedule = (await this.db.schedule.findUnique({ where: { id } })) ?? unknownSchedule(id);
    const runId = await triggerSchedule(this.db, schedule, {
      ...(await this.prepare(schedule)),
      actor: anonymous,
    });
    await this.runs.dispatch(runId);
    return this.runs.get(runId);
  }

  /** @throws AppError `invalid_request` when its parameters are not valid any more, or its data set is not there */
  async prepare({ name, pipeline, parameters, priority }: ScheduleRow): Promise<NewRun> {
    const request = CreatePipelineRun.parse({ ...parseRun({ pipeline, parameters }), priority });
    return this.runs.prepare(request, `schedule ${name}`);
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
