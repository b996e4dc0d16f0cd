import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PipelineList } from '../../contracts/pipeline.js';
import { Endpoint } from '../../http/endpoint.js';
import { describePipelines } from './describe-pipelines.js';

@ApiTags('Pipelines')
@Controller('pipelines')
export class PipelinesController {
  @Get()
  @Endpoint('List pipelines with their steps, edges and parameters', { schema: PipelineList })
  list(): PipelineList {
    return describePipelines();
  }
}
