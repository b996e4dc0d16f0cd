import { Body, Controller, Get, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import {
  PredictAnswer,
  PredictQuery,
  PredictRequest,
  PredictSchemaAnswer,
  PredictSchemaQuery,
} from '../../contracts/predict.js';
import { Endpoint } from '../../http/endpoint.js';
import { Limits, type RequestLimits } from '../../http/request-limits.js';
import { PredictService } from './predict.service.js';

const problems = {
  404: 'Nothing is promoted there, or there is no such version or alias.',
  503: 'The model is being loaded, or too many requests wait for it.',
  504: 'No answer within X-Request-Timeout-Ms.',
};

@ApiTags('Predictions')
@Controller('predict')
export class PredictController {
  constructor(private readonly predictions: PredictService) {}

  @Post()
  @Endpoint('Forecast, or predict records, with the promoted model or another version', {
    schema: PredictAnswer,
    problems: { 400: 'Column and row, or record, of what is wrong.', ...problems },
  })
  predict(
    @Body({ schema: PredictRequest }) body: PredictRequest,
    @Query({ schema: PredictQuery }) query: PredictQuery,
    @Limits() limits: RequestLimits,
    @Req() { id }: FastifyRequest,
  ): Promise<PredictAnswer> {
    return this.predictions.predict(body, query, limits, id);
  }

  @Get('schema')
  @Endpoint('What the model takes, with a request that works', {
    schema: PredictSchemaAnswer,
    problems,
  })
  schema(
    @Query({ schema: PredictSchemaQuery }) query: PredictSchemaQuery,
    @Limits() limits: RequestLimits,
  ): Promise<PredictSchemaAnswer> {
    return this.predictions.schema(query, limits);
  }
}
