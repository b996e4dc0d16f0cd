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
import { PredictService } from './predict.service.js';

const problems = {
  404: 'Nothing is promoted there.',
  503: 'The model is being loaded, or too many requests wait for it.',
};

@ApiTags('Predictions')
@Controller('predict')
export class PredictController {
  constructor(private readonly predictions: PredictService) {}

  @Post()
  @Endpoint('Forecast with the promoted model', {
    schema: PredictAnswer,
    problems: { 400: 'Column and row of what is wrong.', ...problems },
  })
  predict(
    @Body({ schema: PredictRequest }) body: PredictRequest,
    @Query({ schema: PredictQuery }) query: PredictQuery,
    @Req() { id }: FastifyRequest,
  ): Promise<PredictAnswer> {
    return this.predictions.predict(body, body.inference_length ?? query.inference_length ?? 1, id);
  }

  @Get('schema')
  @Endpoint('Columns, window, step and units of the promoted model, with a request that works', {
    schema: PredictSchemaAnswer,
    problems,
  })
  schema(@Query({ schema: PredictSchemaQuery }) query: PredictSchemaQuery): Promise<PredictSchemaAnswer> {
    return this.predictions.schema(query);
  }
}
