import { Module } from '@nestjs/common';
import { PipelineRunsController } from './pipeline-runs.controller.js';
import { PipelineRunsService } from './pipeline-runs.service.js';
import { PipelinesController } from './pipelines.controller.js';

@Module({
  controllers: [PipelineRunsController, PipelinesController],
  providers: [PipelineRunsService],
  exports: [PipelineRunsService],
})
export class PipelinesModule {}
