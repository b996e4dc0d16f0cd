import type { RunNow } from '../../engine/read-events.js';

/** One reader of a run's events. */
export class Follower {
  private readonly closing = new AbortController();
  /** Nothing has been read yet. */
  private isNewsThere = true;
  private onNews: (() => void) | undefined;

  constructor(
    private readonly readAfter: (number: number) => Promise<RunNow | undefined>,
    private readonly onClose: () => void,
  ) {}

  /** Aborted when the reader is gone, or the gateway stops. */
  get closed(): AbortSignal {
    return this.closing.signal;
  }

  /** There may be something that was not there at the last read. */
  wake(): void {
    this.isNewsThere = true;
    this.onNews?.();
  }

  /**
   * The run as it is now, with what came after an event. News of what is committed from here on is kept: a change
   * between this read and the wait behind it is not slept through.
   */
  read(after: number): Promise<RunNow | undefined> {
    this.isNewsThere = false;
    return this.readAfter(after);
  }

  /** Resolves when there may be something that was not there at the last read. */
  news(): Promise<void> {
    if (this.isNewsThere) return Promise.resolve();
    return new Promise((resolve) => (this.onNews = resolve));
  }

  close(): void {
    if (this.closed.aborted) return;
    this.closing.abort();
    this.onClose();
  }
}
