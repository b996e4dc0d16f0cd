import { type LogLine, storableMessage } from '../src/contracts/log-line.js';
import type { MetricPoint } from '../src/contracts/step-message.js';
import type { StepProgress } from '../src/contracts/step-progress.js';
import type { Lease } from '../src/engine/lease.js';
import { saveProgress } from '../src/engine/save-progress.js';
import { logMetrics } from '../src/engine/tracked-runs.js';
import { resumeEvents, writeEvents } from '../src/engine/write-events.js';
import type { Database } from '../src/platform/database/database.js';
import { isOutage } from '../src/platform/database/outage.js';
import { EventBuffer } from './event-buffer.js';
import type { TaskListener } from './step-process.js';

const writeEveryMs = 300;
const longestPauseMs = 5_000;

/**
 * Writes what a step reports on its way: the newest progress, all metric points, and its log, in one go every so
 * often, so that a step that reports a thousand times a second costs some writes.
 */
export class AttemptJournal implements TaskListener {
  private progress: StepProgress | undefined;
  private points: MetricPoint[] = [];
  private readonly events = new EventBuffer();
  /** The answer to the last write of events was lost: they may have been written. */
  private uncertain = false;
  private timer: NodeJS.Timeout | undefined;
  private pauseMs = writeEveryMs;
  private writing: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly db: Database,
    private readonly lease: Lease,
    private readonly onError: (error: unknown) => void,
  ) {}

  onProgress(progress: StepProgress): void {
    this.progress = { ...progress, message: storableMessage(progress.message) };
    this.schedule();
  }

  onMetrics(points: MetricPoint[]): void {
    const storable = points.map((point) => ({ ...point, key: storableMessage(point.key) }));
    this.points.push(...storable);
    this.events.addPoints(storable);
    this.schedule();
  }

  onLog(line: LogLine): void {
    this.events.addLine(line);
    this.schedule();
  }

  onPrinted(line: LogLine): void {
    this.events.addPrinted(line);
    this.schedule();
  }

  onLeftOut(lines: number): void {
    this.events.leaveOut(lines);
  }

  /** Resolves when everything reported so far is written; rejects, and keeps it, when it cannot be. */
  async flush(): Promise<void> {
    this.events.sayLeftOut();
    await this.writeNow();
  }

  /** Writes no more by itself: the attempt has ended. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async writeNow(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const writing = this.writing.then(() => this.write());
    this.writing = writing.catch(() => {});
    await writing;
  }

  private schedule(): void {
    if (this.closed) return;
    this.timer ??= setTimeout(() => void this.writeNow().catch(this.onError), this.pauseMs);
  }

  private async write(): Promise<void> {
    const { progress, points } = this;
    this.progress = undefined;
    this.points = [];
    try {
      if (progress) await saveProgress(this.db, this.lease, progress);
      await logMetrics(this.db, this.lease, points);
      points.length = 0;
      while (!this.events.isEmpty) await this.writeEvents();
      this.pauseMs = writeEveryMs;
    } catch (error) {
      // Points are kept for the next time; losing a progress is nothing.
      this.points.unshift(...points);
      this.pauseMs = Math.min(this.pauseMs * 2, longestPauseMs);
      this.schedule();
      throw error;
    }
  }

  private async writeEvents(): Promise<void> {
    const { db, lease, events } = this;
    const batch = events.next();
    try {
      await (this.uncertain ? resumeEvents : writeEvents)(db, lease, batch);
      this.uncertain = false;
    } catch (error) {
      this.uncertain = true;
      if (isOutage(error)) throw error;
      // It would be refused again, and what is only there to be read must not fail the step.
      this.onError(error);
    }
    // Also when the lease is lost: nobody wants to hear it any more.
    events.written();
  }
}
