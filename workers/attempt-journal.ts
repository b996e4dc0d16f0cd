import type { MetricPoint } from '../src/contracts/step-message.js';
import type { StepProgress } from '../src/contracts/step-progress.js';
import type { Lease } from '../src/engine/lease.js';
import { saveProgress } from '../src/engine/save-progress.js';
import { logMetrics } from '../src/engine/tracked-runs.js';
import type { Database } from '../src/platform/database/database.js';
import type { TaskListener } from './step-process.js';

const writeEveryMs = 300;

/**
 * Writes what a step reports on its way: the newest progress and all metric points, in one go every so often, so that
 * a step that reports a thousand times a second costs three writes.
 */
export class AttemptJournal implements TaskListener {
  private progress: StepProgress | undefined;
  private points: MetricPoint[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly lease: Lease,
    private readonly onError: (error: unknown) => void,
  ) {}

  onProgress(progress: StepProgress): void {
    this.progress = progress;
    this.schedule();
  }

  onMetrics(points: MetricPoint[]): void {
    this.points.push(...points);
    this.schedule();
  }

  /** Resolves when everything reported so far is written; rejects, and keeps it, when it cannot be. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const writing = this.writing.then(() => this.write());
    this.writing = writing.catch(() => {});
    await writing;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => void this.flush().catch(this.onError), writeEveryMs);
  }

  private async write(): Promise<void> {
    const { progress, points } = this;
    this.progress = undefined;
    this.points = [];
    try {
      if (progress) await saveProgress(this.db, this.lease, progress);
      await logMetrics(this.db, this.lease, points);
    } catch (error) {
      // Points are kept for the next time; losing a progress is nothing.
      this.points.unshift(...points);
      throw error;
    }
  }
}
