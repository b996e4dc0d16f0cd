import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Env } from '../../config/env.js';
import { AppError } from '../../contracts/app-error.js';
import {
  EventId,
  LogData,
  type ListLogs,
  type RunLogPage,
  type StepPath,
} from '../../contracts/run-event.js';
import type { Cursors } from '../../http/cursors.js';
import { CURSORS, DATABASE, ENV, LOG } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import type { Logger } from '../../platform/logger.js';
import { FollowedRuns } from './followed-runs.js';
import { runEventStream } from './run-event-stream.js';

/** Where a reader goes on: the browser's header is newer than what stands in its URL. */
export interface ReadFrom {
  header: string | undefined;
  query: number | undefined;
}

@Injectable()
export class RunEventsService {
  constructor(
    private readonly followed: FollowedRuns,
    @Inject(DATABASE) private readonly db: Database,
    @Inject(ENV) private readonly env: Env,
    @Inject(LOG) private readonly log: Logger,
    @Inject(CURSORS) private readonly cursors: Cursors,
  ) {}

  /**
   * Streams a run's events until it ends or the reader goes away.
   * @throws AppError `invalid_request`, `not_found`, `unavailable`; nothing is sent by then
   */
  async stream(runId: string, from: ReadFrom, reply: FastifyReply): Promise<void> {
    const after = eventNumber(from);
    await this.requireRun(runId);
    const follower = this.followed.follow(runId);
    const text = runEventStream(follower, {
      after,
      heartbeatMs: this.env.EVENTS_HEARTBEAT_SECONDS * 1_000,
      onError: (err) => this.log.warn({ err, run_id: runId }, 'events could not be read; trying again'),
    });
    const body = Readable.from(text, { objectMode: false });
    body.once('close', () => follower.close());
    // A reader that has stopped reading would never see the end of its stream, and hold up the gateway's.
    follower.closed.addEventListener('abort', () => reply.raw.writableNeedDrain && reply.raw.destroy());
    await describe(reply).send(body);
  }

  /** @throws AppError `invalid_request`, `not_found` */
  async head(runId: string, from: ReadFrom, reply: FastifyReply): Promise<void> {
    eventNumber(from);
    await this.requireRun(runId);
    await describe(reply).send();
  }

  /** @throws AppError `invalid_request`, `not_found` */
  async logs({ id, step }: StepPath, query: ListLogs): Promise<RunLogPage> {
    const list = `/pipeline-runs/${id}/steps/${step}/logs`;
    const after = Number(this.cursors.positionOf(list, query)?.id ?? 0);
    await this.requireRun(id);
    const known = await this.db.step.findUnique({
      where: { run_id_name: { run_id: id, name: step } },
      select: { name: true },
    });
    if (!known) throw new AppError('not_found', `pipeline run ${id} has no step "${step}"`);
    const rows = await this.db.runEvent.findMany({
      where: { run_id: id, step, kind: 'log', attempt: query.attempt, number: { gt: after } },
      orderBy: { number: 'asc' },
      take: query.limit + 1,
    });
    const lines = rows.map(({ number, attempt, at, data }) => ({
      number,
      attempt,
      at,
      ...LogData.parse(data),
    }));
    return this.cursors.pageOf(list, query, lines, ({ number }) => ({ value: null, id: String(number) }));
  }

  private async requireRun(id: string): Promise<void> {
    const run = await this.db.pipelineRun.findUnique({ where: { id }, select: { id: true } });
    if (!run) throw new AppError('not_found', `there is no pipeline run ${id}`);
  }
}

/** @throws AppError `invalid_request` for a header that is no number of an event */
function eventNumber({ header, query }: ReadFrom): number {
  if (header === undefined) return query ?? 0;
  const parsed = EventId.safeParse(header);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ message }) => ({ path: 'Last-Event-ID', message }));
  throw new AppError('invalid_request', 'The header Last-Event-ID is not the id of an event.', { issues });
}

function describe(reply: FastifyReply): FastifyReply {
  return (
    reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-cache')
      // Nginx would otherwise keep events back until a buffer is full.
      .header('x-accel-buffering', 'no')
  );
}
