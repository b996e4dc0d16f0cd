import { AppError } from '../../contracts/app-error.js';

export interface BatcherSettings {
  /** Items run at once at most. */
  maxBatch: number;
  /** Items that may wait; one more is refused at once, so that nobody waits for an answer that comes too late. */
  maxQueue: number;
}

interface Waiting<In, Out> {
  item: In;
  resolve: (out: Out) => void;
  reject: (error: unknown) => void;
}

/**
 * Runs items in batches of what gathered while the last batch ran. No timer: an idle batcher runs its first item at
 * once, and a busy one makes larger batches by itself.
 */
export class Batcher<In, Out> {
  private waiting: Waiting<In, Out>[] = [];
  private running: Promise<void> | undefined;

  /** @param run gives one result per item, in order; when it rejects, all items of the batch do */
  constructor(
    private readonly run: (items: In[]) => Promise<Out[]>,
    private readonly settings: BatcherSettings,
  ) {}

  /** @throws AppError `unavailable` when too many wait */
  submit(item: In): Promise<Out> {
    if (this.waiting.length >= this.settings.maxQueue) {
      const message = `${this.waiting.length} requests are waiting for this model; try again soon`;
      return Promise.reject(new AppError('unavailable', message, { retryAfterSeconds: 1 }));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.running ??= this.work();
    });
  }

  /** Resolves when nothing waits or runs any more. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async work(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.settings.maxBatch);
      try {
        const results = await this.run(batch.map(({ item }) => item));
        // A runner that loses a result must not leave its caller hanging.
        if (results.length !== batch.length) throw new AppError('internal', 'the batch came back incomplete');
        batch.forEach(({ resolve }, i) => resolve(results[i]!));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.running = undefined;
  }
}
