import { Body, Controller, Get, Header, Param, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import {
  InferAnswer,
  InferRequest,
  ModelMetadata,
  ModelPath,
  ModelReady,
} from '../../contracts/inference.js';
import { Limits, type RequestLimits } from '../../http/request-limits.js';
import { InferenceEndpoint, inferProblems, modelProblems } from './inference-endpoint.js';
import { InferenceService } from './inference.service.js';

@ApiTags('Inference protocol')
@Controller('v2/models/:model')
export class ModelsController {
  constructor(private readonly inference: InferenceService) {}

  @Get()
  @InferenceEndpoint('Inputs and outputs of what is promoted of a model', {
    schema: ModelMetadata,
    problems: modelProblems,
  })
  metadata(
    @Param({ schema: ModelPath }) address: ModelPath,
    @Limits() limits: RequestLimits,
  ): Promise<ModelMetadata> {
    return this.inference.metadata(address, limits);
  }

  @Get('ready')
  @InferenceEndpoint('Can what is promoted of a model answer? Loads it when it is not', {
    schema: ModelReady,
    problems: modelProblems,
  })
  ready(
    @Param({ schema: ModelPath }) address: ModelPath,
    @Limits() limits: RequestLimits,
  ): Promise<ModelReady> {
    return this.inference.modelReady(address, limits);
  }

  @Post('infer')
  @Header('content-type', 'application/json; charset=utf-8')
  // Documented only: the answer is text, and its numbers go through no schema.
  @ApiOkResponse({ description: 'Its outputs.', standardSchema: InferAnswer })
  @InferenceEndpoint('Run what is promoted of a model', { problems: inferProblems })
  infer(
    @Param({ schema: ModelPath }) address: ModelPath,
    @Body({ schema: InferRequest }) body: InferRequest,
    @Limits() limits: RequestLimits,
    @Req() { id }: FastifyRequest,
  ): Promise<string> {
    return this.inference.infer(address, body, limits, id);
  }
}
