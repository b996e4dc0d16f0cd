import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
import { PipelineRun } from '../../contracts/pipeline-run.js';
import {
  CreateSchedule,
  ListSchedules,
  PatchSchedule,
  Schedule,
  SchedulePage,
  SchedulePath,
} from '../../contracts/schedule.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { Once } from '../../http/once.js';
import { SchedulesService } from './schedules.service.js';

const unknown = { 404: 'There is no such schedule.' };
const refused = { 400: 'What is wrong, field by field.', 409: 'Another schedule has the name.' };

@ApiTags('Schedules')
@Controller('schedules')
export class SchedulesController {
  constructor(private readonly schedules: SchedulesService) {}

  @Post()
  @Endpoint('Run a pipeline again and again', { schema: Schedule, creates: true, problems: refused })
  create(
    @Body({ schema: CreateSchedule }) body: CreateSchedule,
    @By() by: Caller,
    @Once('/schedules') once: Once,
  ): Promise<string> {
    return this.schedules.create(body, by, once);
  }

  @Get()
  @Endpoint('List schedules, newest first', { schema: SchedulePage })
  list(@Query({ schema: ListSchedules }) query: ListSchedules): Promise<SchedulePage> {
    return this.schedules.list(query);
  }

  @Get(':id')
  @Endpoint('A schedule with its next times and its last run', { schema: Schedule, problems: unknown })
  get(@Param({ schema: SchedulePath }) { id }: SchedulePath): Promise<Schedule> {
    return this.schedules.get(id);
  }

  @Patch(':id')
  @Endpoint('Change, disable or enable a schedule; what is not named stays', {
    schema: Schedule,
    problems: { ...unknown, ...refused },
  })
  patch(
    @Param({ schema: SchedulePath }) { id }: SchedulePath,
    @Body({ schema: PatchSchedule }) body: PatchSchedule,
    @By() by: Caller,
  ): Promise<Schedule> {
    return this.schedules.patch(id, body, by);
  }

  @Delete(':id')
  @Endpoint('Delete a schedule; its runs stay', { status: 204, problems: unknown })
  delete(@Param({ schema: SchedulePath }) { id }: SchedulePath, @By() by: Caller): Promise<void> {
    return this.schedules.delete(id, by);
  }

  @Post(':id/trigger')
  @Endpoint('Run it now, whatever its times', {
    status: 202,
    schema: PipelineRun,
    creates: true,
    problems: { ...unknown, 400: 'Its run cannot be made; why.' },
  })
  trigger(
    @Param({ schema: SchedulePath }) { id }: SchedulePath,
    @By() by: Caller,
    @Once('/pipeline-runs') once: Once,
  ): Promise<string> {
    return this.schedules.trigger(id, by, once);
  }
}
