import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import {
  ModelPath,
  RepositoryIndexRequest,
  RepositoryModel,
  RepositoryModelRequest,
  UnloadedModel,
} from '../../contracts/inference.js';
import { Limits, type RequestLimits } from '../../http/request-limits.js';
import { InferenceEndpoint, modelProblems } from './inference-endpoint.js';
import { RepositoryService } from './repository.service.js';

@ApiTags('Inference protocol')
@Controller('v2/repository')
export class RepositoryController {
  constructor(private readonly repository: RepositoryService) {}

  @Post('index')
  @ApiBody({ required: false })
  @ApiOkResponse({ description: 'One a version.', standardSchema: z.array(RepositoryModel) })
  @InferenceEndpoint('Models that are loaded, are being loaded, or could not be', { schema: RepositoryModel })
  index(@Body({ schema: RepositoryIndexRequest }) body: RepositoryIndexRequest): RepositoryModel[] {
    return this.repository.index(body);
  }

  @Post('models/:model/load')
  @ApiBody({ required: false })
  @InferenceEndpoint('Load a model, and keep it', { schema: RepositoryModel, problems: modelProblems })
  load(
    @Param({ schema: ModelPath }) address: ModelPath,
    @Body({ schema: RepositoryModelRequest }) body: RepositoryModelRequest,
    @Limits() limits: RequestLimits,
  ): Promise<RepositoryModel> {
    return this.repository.load(address, body, limits);
  }

  @Post('models/:model/unload')
  @ApiBody({ required: false })
  @InferenceEndpoint('Unload a model when its last request is done; the next one loads it again', {
    schema: UnloadedModel,
    problems: { 404: modelProblems[404] },
  })
  unload(
    @Param({ schema: ModelPath }) address: ModelPath,
    @Body({ schema: RepositoryModelRequest }) body: RepositoryModelRequest,
  ): Promise<UnloadedModel> {
    return this.repository.unload(address, body);
  }
}
