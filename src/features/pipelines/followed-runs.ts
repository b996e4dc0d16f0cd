import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import { readEvents, type RunNow, runMarks } from '../../engine/read-events.js';
import { type Repeating, repeating } from '../../engine/repeating.js';
import { DATABASE, LOG, NEWS } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import type { NewsFeed } from '../../platform/database/news-feed.js';
import type { Logger } from '../../platform/logger.js';
import { Follower } from './follower.js';

interface Followed {
  followers: Set<Follower>;
  /** Reads under way, by the event that they read on from: those who stand at the same one share them. */
  reads: Map<number, Promise<RunNow | undefined>>;
  /** What the poll saw of it last. */
  mark?: string;
}

/** Behind the news, for what was missed while the connection was broken. */
const pollMs = 500;
/** What a reader that does not read keeps in memory is about this. */
const pageSize = 200;

/**
 * The runs whose events somebody reads here. They are woken by the news, which any process may have published, and by
 * one query for all of them twice a second, for as long as there are any.
 */
@Injectable()
export class FollowedRuns implements OnModuleInit, OnModuleDestroy {
  private readonly runs = new Map<string, Followed>();
  private readonly closing = new AbortController();
  private unsubscribe: (() => void) | undefined;
  private polling: Repeating | undefined;
  /** The last poll under way. */
  private polled: Promise<void> = Promise.resolve();

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(NEWS) private readonly news: NewsFeed,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.news.subscribe((news) => {
      if (news.kind === 'run') this.wake(news.run_id);
    });
  }

  /** Ends every stream, so that their readers go on at another gateway. */
  async onModuleDestroy(): Promise<void> {
    this.unsubscribe?.();
    this.closing.abort();
    const open = [...this.runs.values()].flatMap(({ followers }) => [...followers]);
    for (const follower of open) follower.close();
    await this.polled;
  }

  /** How many read events here now. */
  get followers(): number {
    return [...this.runs.values()].reduce((sum, { followers }) => sum + followers.size, 0);
  }

  /**
   * Begins to follow a run; whoever does must close the follower.
   * @throws AppError `unavailable` when this gateway stops
   */
  follow(runId: string): Follower {
    if (this.closing.signal.aborted)
      throw new AppError('unavailable', 'this gateway is stopping; try another one');
    const run = this.runs.get(runId) ?? { followers: new Set(), reads: new Map() };
    this.runs.set(runId, run);
    const follower = new Follower(
      (after) => this.read(runId, run, after),
      () => {
        run.followers.delete(follower);
        if (run.followers.size === 0) this.runs.delete(runId);
        if (this.runs.size === 0) this.stopPolling();
      },
    );
    run.followers.add(follower);
    this.polling ??= repeating(() => this.poll(), {
      intervalMs: pollMs,
      onError: (err) => this.log.debug({ err }, 'followed runs could not be looked at'),
    });
    return follower;
  }

  private wake(runId: string): void {
    const run = this.runs.get(runId);
    if (!run) return;
    // Those reads began before the change that this is about, and may not see it.
    run.reads.clear();
    for (const follower of run.followers) follower.wake();
  }

  private read(runId: string, { reads }: Followed, after: number): Promise<RunNow | undefined> {
    const underWay = reads.get(after);
    if (underWay) return underWay;
    const reading = readEvents(this.db, runId, after, pageSize).finally(() => {
      if (reads.get(after) === reading) reads.delete(after);
    });
    reads.set(after, reading);
    return reading;
  }

  private async poll(): Promise<void> {
    const marks = await runMarks(this.db, [...this.runs.keys()]);
    for (const [runId, run] of this.runs) {
      const mark = marks.get(runId);
      if (mark === run.mark) continue;
      run.mark = mark;
      this.wake(runId);
    }
  }

  private stopPolling(): void {
    this.polled = this.polling?.stop() ?? this.polled;
    this.polling = undefined;
  }
}
