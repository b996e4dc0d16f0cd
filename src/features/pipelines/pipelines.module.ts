import { Module } from '@nestjs/common';
import { FollowedRuns } from './followed-runs.js';
import { PipelineRunsController } from './pipeline-runs.controller.js';
import { PipelineRunsService } from './pipeline-runs.service.js';
import { PipelinesController } from './pipelines.controller.js';
import { RunEventsController } from './run-events.controller.js';
import { RunEventsService } from './run-events.service.js';

@Module({
  controllers: [PipelineRunsController, PipelinesController, RunEventsController],
  providers: [PipelineRunsService, FollowedRuns, RunEventsService],
  exports: [PipelineRunsService],
})
export class PipelinesModule {}
