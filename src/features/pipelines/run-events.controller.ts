import { Controller, Get, Head, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RunPath } from '../../contracts/pipeline-run.js';
import { EventData, FollowQuery, ListLogs, RunLogPage, StepPath } from '../../contracts/run-event.js';
import { Endpoint } from '../../http/endpoint.js';
import { RunEventsService } from './run-events.service.js';

const lastEventId = {
  name: 'Last-Event-ID',
  required: false,
  description: 'What came after this event: browsers send it when they come back.',
  schema: { type: 'string', example: '17' },
} as const;
const unknownRun = { 400: 'That is not the id of a run or of an event.', 404: 'There is no such run.' };
const eventStream =
  'Server-sent events: `state`, `log` and `metrics` with a number as `id`, the latest `progress` of steps that run without one, and `end` after the last event of a run that has ended.';

@ApiTags('Pipeline runs')
@Controller('pipeline-runs/:id')
export class RunEventsController {
  constructor(private readonly events: RunEventsService) {}

  // Above GET: the HEAD that Fastify adds for a GET would follow the run and never answer.
  @Head('events')
  @ApiHeader(lastEventId)
  @Endpoint('Are there events of this run?', { problems: unknownRun })
  head(
    @Param({ schema: RunPath }) { id }: RunPath,
    @Query({ schema: FollowQuery }) { last_event_id: query }: FollowQuery,
    @Headers('last-event-id') header: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.events.head(id, { header, query }, reply);
  }

  @Get('events')
  @ApiHeader(lastEventId)
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ description: eventStream, standardSchema: EventData })
  @Endpoint('Follow a run live: states, log lines, metrics, progress', { problems: unknownRun })
  stream(
    @Param({ schema: RunPath }) { id }: RunPath,
    @Query({ schema: FollowQuery }) { last_event_id: query }: FollowQuery,
    @Headers('last-event-id') header: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.events.stream(id, { header, query }, reply);
  }

  @Get('steps/:step/logs')
  @Endpoint('Read what a step said, oldest first', {
    schema: RunLogPage,
    problems: { 404: 'There is no such run or step.' },
  })
  logs(
    @Param({ schema: StepPath }) path: StepPath,
    @Query({ schema: ListLogs }) query: ListLogs,
  ): Promise<RunLogPage> {
    return this.events.logs(path, query);
  }
}
