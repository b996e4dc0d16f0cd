import { AppError } from '../../contracts/app-error.js';

export interface BatcherSettings<Item> {
  /** Rows run at once at most; an item with more of them runs alone. */
  maxRows: number;
  /** Items that may wait; one more is refused at once, so that nobody waits for an answer that comes too late. */
  maxQueue: number;
  /** Can the item run together with the first one of a batch? */
  fits: (first: Item, item: Item) => boolean;
  now: () => number;
}

/** What can wait for a batch. */
export interface Batchable {
  rows: number;
  /** When its caller gives up, on the clock of `now`, milliseconds. */
  deadline: number;
  /** Has the caller gone away? */
  isGone?: () => boolean;
}

/** A batch's answers, one per item, in order: a result, or why there is none. */
export type Outcomes<Out> = readonly (Out | AppError)[];

interface Entry<Item, Out> {
  item: Item;
  since: number;
  settled: boolean;
  resolve: (out: Out) => void;
  reject: (error: AppError) => void;
}

/** Between two looks for callers that gave up. */
const sweepMs = 20;

/**
 * Runs items in batches of what gathered while the last batch ran. Needs no timer for that: an idle batcher runs its
 * first item at once, and a busy one makes larger batches by itself.
 *
 * A caller that gave up gets its answer at its deadline, also when its batch still runs; who gave up or went away
 * before their batch began is not in it.
 */
export class Batcher<Item extends Batchable, Out> {
  private waiting: Entry<Item, Out>[] = [];
  private running: Entry<Item, Out>[] = [];
  private working: Promise<void> | undefined;
  private batchMs = 0;
  private runningSince: number | undefined;

  /**
   * @param run gives one outcome per item, in order; when it rejects, all items of the batch do
   */
  constructor(
    private readonly run: (items: Item[]) => Promise<Outcomes<Out>>,
    private readonly settings: BatcherSettings<Item>,
  ) {}

  /** Items that wait for a batch. */
  get depth(): number {
    return this.waiting.length;
  }

  /** Since when the batch under way runs, on the clock of `now`. */
  get busySince(): number | undefined {
    return this.runningSince;
  }

  /** @throws AppError `unavailable` when too many wait, `deadline_exceeded`, `canceled`, or what its run threw */
  submit(item: Item): Promise<Out> {
    if (this.waiting.length >= this.settings.maxQueue) return Promise.reject(this.full());
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, since: this.settings.now(), settled: false, resolve, reject });
      this.working ??= this.work();
    });
  }

  /** Resolves when nothing waits or runs any more. */
  async idle(): Promise<void> {
    await this.working;
  }

  private async work(): Promise<void> {
    const sweeper = setInterval(() => this.sweep(), sweepMs);
    for (let batch = this.next(); batch.length > 0; batch = this.next()) {
      this.running = batch;
      this.runningSince = this.settings.now();
      await this.answer(batch);
      this.batchMs = this.settings.now() - this.runningSince;
    }
    this.running = [];
    this.runningSince = undefined;
    clearInterval(sweeper);
    this.working = undefined;
  }

  private async answer(batch: readonly Entry<Item, Out>[]): Promise<void> {
    let outcomes: Outcomes<Out>;
    try {
      outcomes = await this.run(batch.map(({ item }) => item));
      // A runner that loses a result must not leave its caller hanging.
      if (outcomes.length !== batch.length) throw new AppError('internal', 'the batch came back incomplete');
    } catch (error) {
      const reason =
        error instanceof AppError ? error : new AppError('internal', 'the batch failed', { cause: error });
      outcomes = batch.map(() => reason);
    }
    batch.forEach((entry, i) => settle(entry, outcomes[i]!));
  }

  /** Takes the next items that belong together out of the queue, in order; those of gone callers on the way. */
  private next(): Entry<Item, Out>[] {
    this.sweep();
    const [first] = this.waiting;
    if (!first) return [];
    let rows = 0;
    let end = 0;
    for (const { item } of this.waiting) {
      rows += item.rows;
      if (end > 0 && (rows > this.settings.maxRows || !this.settings.fits(first.item, item))) break;
      end += 1;
    }
    return this.waiting.splice(0, end);
  }

  private sweep(): void {
    const now = this.settings.now();
    for (const entry of this.running) giveUp(entry, now);
    let someLeft = false;
    for (const entry of this.waiting) someLeft = giveUp(entry, now) || someLeft;
    if (someLeft) this.waiting = this.waiting.filter(({ settled }) => !settled);
  }

  private full(): AppError {
    const batches = Math.ceil(this.waiting.length / this.settings.maxRows);
    const retryAfterSeconds = Math.min(30, Math.max(1, Math.ceil((batches * this.batchMs) / 1_000)));
    const message = `${this.waiting.length} requests are waiting for this model; try again soon`;
    return new AppError('unavailable', message, { retryAfterSeconds });
  }
}

function settle<Out>(entry: Entry<unknown, Out>, outcome: Out | AppError): void {
  if (entry.settled) return;
  entry.settled = true;
  if (outcome instanceof AppError) entry.reject(outcome);
  else entry.resolve(outcome);
}

/** Answers who gave up or went away; true when it did. */
function giveUp<Out>(entry: Entry<Batchable, Out>, now: number): boolean {
  const { item, since } = entry;
  if (entry.settled) return false;
  if (item.isGone?.()) settle(entry, new AppError('canceled', 'the caller went away'));
  else if (now >= item.deadline) {
    const waited = Math.round(now - since);
    settle(entry, new AppError('deadline_exceeded', `no answer within the request's time (${waited} ms)`));
  }
  return entry.settled;
}
