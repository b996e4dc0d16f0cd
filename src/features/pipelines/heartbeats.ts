import { commentText } from './event-text.js';

/** Keeps a stream from falling silent while it waits: proxies and readers take silence for a broken connection. */
export class Heartbeats {
  private saidAt = performance.now();

  /** @param closed aborted when there is nobody any more to wait for anything */
  constructor(
    private readonly intervalMs: number,
    private readonly closed: AbortSignal,
  ) {}

  /** For everything that goes out: a stream that speaks needs no heartbeat. */
  said(text: string): string {
    this.saidAt = performance.now();
    return text;
  }

  /**
   * Waits, and gives heartbeats meanwhile.
   * @returns undefined when the stream was closed first
   */
  async *waitFor<T>(awaited: Promise<T>): AsyncGenerator<string, T | undefined> {
    let outcome: { value: T } | { error: unknown } | undefined;
    let wake = () => {};
    // Once, not at every heartbeat: what is added to a promise that stays open for hours stays in memory as long.
    const settle = (settled: typeof outcome) => {
      outcome = settled;
      wake();
    };
    awaited.then(
      (value) => settle({ value }),
      (error: unknown) => settle({ error }),
    );
    const isOver = () => outcome !== undefined || this.closed.aborted;
    for (;;) {
      if (!isOver()) {
        await new Promise<void>((resolve) => {
          const due = Math.max(0, this.saidAt + this.intervalMs - performance.now());
          const timer = setTimeout(() => wake(), due);
          wake = () => {
            clearTimeout(timer);
            this.closed.removeEventListener('abort', wake);
            resolve();
          };
          this.closed.addEventListener('abort', wake);
        });
      }
      if (this.closed.aborted) return undefined;
      if (outcome && 'error' in outcome) throw outcome.error;
      if (outcome) return outcome.value;
      yield this.said(commentText('heartbeat'));
    }
  }
}
