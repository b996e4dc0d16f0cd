import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  CreatePipelineRun,
  ListPipelineRuns,
  PipelineRun,
  PipelineRunPage,
  RunPath,
} from '../../contracts/pipeline-run.js';
import { CloneRun } from '../../contracts/clone-run.js';
import { RunExplanation } from '../../contracts/run-explanation.js';
import { Endpoint } from '../../http/endpoint.js';
import { PipelineRunsService } from './pipeline-runs.service.js';

const unknown = { 404: 'There is no such run.' };

@ApiTags('Pipeline runs')
@Controller('pipeline-runs')
export class PipelineRunsController {
  constructor(private readonly runs: PipelineRunsService) {}

  @Post()
  @Endpoint('Trigger a run of a pipeline', {
    status: 202,
    schema: PipelineRun,
    problems: { 400: 'What is wrong, parameter by parameter.' },
  })
  async create(
    @Body({ schema: CreatePipelineRun }) body: CreatePipelineRun,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PipelineRun> {
    const run = await this.runs.create(body);
    void reply.header('location', `/pipeline-runs/${run.id}`);
    return run;
  }

  @Get()
  @Endpoint('List runs, newest first', { schema: PipelineRunPage })
  list(@Query({ schema: ListPipelineRuns }) query: ListPipelineRuns): Promise<PipelineRunPage> {
    return this.runs.list(query);
  }

  @Get(':id')
  @Endpoint('Follow a run: states, steps, progress, outputs', { schema: PipelineRun, problems: unknown })
  get(@Param({ schema: RunPath }) { id }: RunPath): Promise<PipelineRun> {
    return this.runs.get(id);
  }

  @Post(':id/cancel')
  @Endpoint('Cancel a run', {
    status: 202,
    schema: PipelineRun,
    problems: { ...unknown, 409: 'The run has ended.' },
  })
  cancel(@Param({ schema: RunPath }) { id }: RunPath): Promise<PipelineRun> {
    return this.runs.cancel(id);
  }

  @Post(':id/retry')
  @Endpoint('Run the failed, skipped and canceled steps of a run again', {
    status: 202,
    schema: PipelineRun,
    problems: { ...unknown, 409: 'The run is neither FAILED nor CANCELED.' },
  })
  retry(@Param({ schema: RunPath }) { id }: RunPath): Promise<PipelineRun> {
    return this.runs.retry(id);
  }

  @Post(':id/clone')
  @Endpoint('Run it again as a new run, with other parameters; steps with the same inputs are reused', {
    status: 202,
    schema: PipelineRun,
    problems: { ...unknown, 400: 'What is wrong, parameter by parameter.' },
  })
  async clone(
    @Param({ schema: RunPath }) { id }: RunPath,
    @Body({ schema: CloneRun }) body: CloneRun,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PipelineRun> {
    const run = await this.runs.clone(id, body);
    void reply.header('location', `/pipeline-runs/${run.id}`);
    return run;
  }

  @Delete(':id')
  @Endpoint('Delete a run with what only it refers to', {
    status: 204,
    problems: { ...unknown, 409: 'It goes on, or something of it is or was promoted.' },
  })
  delete(@Param({ schema: RunPath }) { id }: RunPath): Promise<void> {
    return this.runs.delete(id);
  }

  @Get(':id/explain')
  @Endpoint('Why each step ran or was reused, input by input', { schema: RunExplanation, problems: unknown })
  explain(@Param({ schema: RunPath }) { id }: RunPath): Promise<RunExplanation> {
    return this.runs.explain(id);
  }
}
