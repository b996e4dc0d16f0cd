import { AppError } from '../src/contracts/app-error.js';
import type { Lease } from '../src/engine/lease.js';
import { cancelingRuns, renewLeases } from '../src/engine/leases.js';
import { type Repeating, repeating } from '../src/engine/repeating.js';
import type { Database } from '../src/platform/database/database.js';

/** Why work on a step was stopped from outside. */
export type StopReason = 'canceled' | 'lost' | 'shutdown';

export interface HeldLease {
  lease: Lease;
  /** Aborted when the work must stop; its reason is a StopReason. */
  signal: AbortSignal;
}

interface Entry extends HeldLease {
  controller: AbortController;
  renewedAt: number;
}

/**
 * Renews the leases of everything this worker works on, and watches for cancels. One timer and two statements for all
 * of them, so that a hundred steps cost what one does.
 */
export class LeaseKeeper {
  private readonly held = new Map<string, Entry>();
  private readonly asking: Repeating;
  private readonly renewEveryMs: number;
  /** Before the reconciler may give it away, even if its clock and ours drift: two thirds of a lease. */
  private readonly giveUpAfterMs: number;
  private readonly watching: NodeJS.Timeout;
  private stopped: StopReason | undefined;
  private renewAt = 0;

  constructor(
    private readonly db: Database,
    private readonly leaseMs: number,
    onError: (error: unknown) => void,
  ) {
    this.renewEveryMs = leaseMs / 6;
    this.giveUpAfterMs = (leaseMs * 2) / 3;
    const tickMs = Math.min(1_000, this.renewEveryMs);
    this.asking = repeating(() => this.turn(), {
      intervalMs: tickMs,
      onError: (error) => {
        this.renewAt = 0;
        onError(error);
      },
    });
    // Apart from the turns, which may be waiting for a database that does not answer.
    this.watching = setInterval(() => this.stopUnrenewed(), tickMs);
  }

  hold(lease: Lease): HeldLease {
    const controller = new AbortController();
    const entry = { lease, controller, signal: controller.signal, renewedAt: performance.now() };
    this.held.set(lease.lease_token, entry);
    if (this.stopped) controller.abort(this.stopped);
    return entry;
  }

  release({ lease }: HeldLease): void {
    this.held.delete(lease.lease_token);
  }

  /** Stops the work on everything that is held, or will be. */
  stopAll(reason: StopReason): void {
    this.stopped = reason;
    for (const { controller } of this.held.values()) controller.abort(reason);
  }

  async close(): Promise<void> {
    clearInterval(this.watching);
    await this.asking.stop();
  }

  private async turn(): Promise<void> {
    await this.stopCanceled();
    if (performance.now() < this.renewAt) return;
    this.renewAt = performance.now() + this.renewEveryMs;
    await this.renew();
  }

  private async stopCanceled(): Promise<void> {
    const entries = [...this.held.values()];
    const canceling = await cancelingRuns(this.db, [...new Set(entries.map(({ lease }) => lease.run_id))]);
    for (const { lease, controller } of entries) {
      if (canceling.has(lease.run_id)) controller.abort('canceled' satisfies StopReason);
    }
  }

  private async renew(): Promise<void> {
    const entries = [...this.held.values()];
    const began = performance.now();
    const renewed = await renewLeases(
      this.db,
      entries.map(({ lease }) => lease),
      this.leaseMs,
    );
    for (const entry of entries) {
      if (renewed.has(entry.lease.lease_token)) entry.renewedAt = began;
      else entry.controller.abort('lost' satisfies StopReason);
    }
  }

  /** The database has not answered for so long that the lease may soon be somebody else's. Monotonic clock. */
  private stopUnrenewed(): void {
    for (const { controller, renewedAt } of this.held.values()) {
      if (performance.now() - renewedAt > this.giveUpAfterMs) controller.abort('lost' satisfies StopReason);
    }
  }
}

/** The reason a signal was aborted for. */
export function stopReason(signal: AbortSignal): StopReason {
  const reason: unknown = signal.reason;
  if (reason === 'canceled' || reason === 'lost' || reason === 'shutdown') return reason;
  throw new AppError('internal', 'the work was stopped without a reason');
}
