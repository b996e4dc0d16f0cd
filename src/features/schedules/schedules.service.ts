import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import { CreatePipelineRun } from '../../contracts/pipeline-run.js';
import {
  type CreateSchedule,
  type ListSchedules,
  type PatchSchedule,
  type Schedule,
  SchedulePage,
} from '../../contracts/schedule.js';
import { changedFields } from '../../engine/changed-fields.js';
import type { NewRun } from '../../engine/create-run.js';
import { bySchedule } from '../../engine/schedules/by-schedule.js';
import { nextTime } from '../../engine/schedules/next-time.js';
import { triggerSchedule } from '../../engine/schedules/trigger-schedule.js';
import { writeAudit } from '../../engine/write-audit.js';
import { Prisma, type Schedule as ScheduleRow } from '../../generated/prisma/client.js';
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
import { scheduleSettings } from './schedule-settings.js';
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
  async create(request: CreateSchedule, by: Caller, once: Once): Promise<string> {
    return ((await once.replay(this.db)) ?? (await this.write(request, by, once))).text;
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
  async patch(id: string, patch: PatchSchedule, by: Caller): Promise<Schedule> {
    const row = await uniquelyNamed(patch.name ?? '', () =>
      inTransaction(this.db, async (tx) => {
        const before = await lockSchedule(tx, id);
        const at = await now(tx);
        const data = { ...applyPatch(before, patch, at), updated_at: at };
        const after = await tx.schedule.update({ where: { id }, data, include: scheduleInclude });
        const changes = changedFields(scheduleSettings(before), scheduleSettings(after));
        if (changes) {
          await writeAudit(tx, by, { action: 'schedule.update', subject: `/schedules/${id}`, ...changes });
        }
        return after;
      }),
    );
    return toSchedule(row);
  }

  /** @throws AppError `not_found` */
  async delete(id: string, by: Caller): Promise<void> {
    await inTransaction(this.db, async (tx) => {
      const before = scheduleSettings(await lockSchedule(tx, id));
      await tx.schedule.delete({ where: { id } });
      await writeAudit(tx, by, { action: 'schedule.delete', subject: `/schedules/${id}`, before });
    });
  }

  /**
   * The run as it stands when it is written, as text.
   * @throws AppError `not_found`; `invalid_request` when its run cannot be made; `unprocessable`
   */
  async trigger(id: string, by: Caller, once: Once): Promise<string> {
    const { id: run, text } = (await once.replay(this.db)) ?? (await this.writeRun(id, by, once));
    await this.runs.dispatch(run);
    return text;
  }

  /** @throws AppError `invalid_request` when its parameters are not valid any more, or its data set is not there */
  async prepare({ name, pipeline, parameters, priority }: ScheduleRow): Promise<NewRun> {
    const request = CreatePipelineRun.parse({ ...parseRun({ pipeline, parameters }), priority });
    return this.runs.prepare(request, bySchedule(name));
  }

  private async write(
    { parameters, ...settings }: CreateSchedule,
    by: Caller,
    once: Once,
  ): Promise<CreatedAnswer> {
    const next = nextTime(settings, await now(this.db));
    const data = {
      ...settings,
      parameters: jsonObject(parameters),
      next_at: settings.enabled ? next : null,
      created_by: by.name,
    };
    return uniquelyNamed(settings.name, () =>
      once.run(this.db, async (tx) => {
        const row = await tx.schedule.create({ data, include: scheduleInclude });
        const subject = `/schedules/${row.id}`;
        await writeAudit(tx, by, { action: 'schedule.create', subject, after: scheduleSettings(row) });
        return toSchedule(row);
      }),
    );
  }

  private async writeRun(id: string, by: Caller, once: Once): Promise<CreatedAnswer> {
    const schedule = (await this.db.schedule.findUnique({ where: { id } })) ?? unknownSchedule(id);
    const run = { ...(await this.prepare(schedule)), by };
    return this.runs.writeOnce(once, (tx) => triggerSchedule(tx, schedule, run));
  }
}

/**
 * Locks a schedule until the transaction ends: against a time that comes meanwhile, and against others who change or
 * delete it. Each sees what the one before has left.
 */
async function lockSchedule(tx: Tx, id: string): Promise<ScheduleRow> {
  await tx.$executeRaw`select 1 from schedules where id = ${id}::uuid for update`;
  return (await tx.schedule.findUnique({ where: { id } })) ?? unknownSchedule(id);
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
