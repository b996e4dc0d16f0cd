import { Module } from '@nestjs/common';
import { PipelinesModule } from '../pipelines/pipelines.module.js';
import { SchedulesController } from './schedules.controller.js';
import { SchedulesService } from './schedules.service.js';

@Module({ imports: [PipelinesModule], controllers: [SchedulesController], providers: [SchedulesService] })
export class SchedulesModule {}
