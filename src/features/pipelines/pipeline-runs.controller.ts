import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
import { ListPipelineRuns } from '../../contracts/list-pipeline-runs.js';
import {
  CreatePipelineRun,
  PipelineRun,
  PipelineRunPage,
  RunPath,
  UpdatePipelineRun,
} from '../../contracts/pipeline-run.js';
import { CloneRun } from '../../contracts/clone-run.js';
import { RunExplanation } from '../../contracts/run-explanation.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { Once } from '../../http/once.js';
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
    creates: true,
    problems: { 400: 'What is wrong, parameter by parameter.' },
  })
  create(
    @Body({ schema: CreatePipelineRun }) body: CreatePipelineRun,
    @By() by: Caller,
    @Once('/pipeline-runs') once: Once,
  ): Promise<string> {
    return this.runs.create(body, by, once);
  }

  @Get()
  @Endpoint('List runs, newest first or as asked for', {
    schema: PipelineRunPage,
    problems: { 400: 'A filter, or a cursor that is not of this list with these filters and this sort.' },
  })
  list(@Query({ schema: ListPipelineRuns }) query: ListPipelineRuns): Promise<PipelineRunPage> {
    return this.runs.list(query);
  }

  @Get(':id')
  @Endpoint('Follow a run: states, steps, progress, outputs', { schema: PipelineRun, problems: unknown })
  get(@Param({ schema: RunPath }) { id }: RunPath): Promise<PipelineRun> {
    return this.runs.get(id);
  }

  @Patch(':id')
  @Endpoint('Change the tags and the note of a run', {
    schema: PipelineRun,
    problems: { ...unknown, 400: 'What is wrong, or more tags than a run may have.' },
  })
  update(
    @Param({ schema: RunPath }) { id }: RunPath,
    @Body({ schema: UpdatePipelineRun }) body: UpdatePipelineRun,
    @By() by: Caller,
  ): Promise<PipelineRun> {
    return this.runs.update(id, body, by);
  }

  @Post(':id/cancel')
  @Endpoint('Cancel a run', {
    status: 202,
    schema: PipelineRun,
    problems: { ...unknown, 409: 'The run has ended.' },
  })
  cancel(@Param({ schema: RunPath }) { id }: RunPath, @By() by: Caller): Promise<PipelineRun> {
    return this.runs.cancel(id, by);
  }

  @Post(':id/retry')
  @Endpoint('Run the failed, skipped and canceled steps of a run again', {
    status: 202,
    schema: PipelineRun,
    problems: { ...unknown, 409: 'The run is neither FAILED nor CANCELED.' },
  })
  retry(@Param({ schema: RunPath }) { id }: RunPath, @By() by: Caller): Promise<PipelineRun> {
    return this.runs.retry(id, by);
  }

  @Post(':id/clone')
  @Endpoint('Run it again as a new run, with other parameters; steps with the same inputs are reused', {
    status: 202,
    schema: PipelineRun,
    creates: true,
    problems: { ...unknown, 400: 'What is wrong, parameter by parameter.' },
  })
  clone(
    @Param({ schema: RunPath }) { id }: RunPath,
    @Body({ schema: CloneRun }) body: CloneRun,
    @By() by: Caller,
    @Once('/pipeline-runs') once: Once,
  ): Promise<string> {
    return this.runs.clone(id, body, by, once);
  }

  @Delete(':id')
  @Endpoint('Delete a run with what only it refers to', {
    status: 204,
    problems: { ...unknown, 409: 'It goes on, or something of it is or was promoted.' },
  })
  delete(@Param({ schema: RunPath }) { id }: RunPath, @By() by: Caller): Promise<void> {
    return this.runs.delete(id, by);
  }

  @Get(':id/explain')
  @Endpoint('Why each step ran or was reused, input by input', { schema: RunExplanation, problems: unknown })
  explain(@Param({ schema: RunPath }) { id }: RunPath): Promise<RunExplanation> {
    return this.runs.explain(id);
  }
}
