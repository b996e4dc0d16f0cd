import { StepKind } from '../contracts/states.js';
import type { StepError } from '../contracts/step-error.js';

/** What ended an attempt before its time; each is counted apart, in the step's column of that name. */
export type Fault = 'failures' | 'outages' | 'crashes';

/**
 * How often a step may meet each fault: failures of its own; something that it needs and that was away or full, which
 * somebody may first have to notice (with the pauses between them, about three quarters of an hour, and twice that for
 * a training); leases lost, and processes killed, through no fault of its own.
 */
export const retryLimits: Record<Fault, number> = { failures: 3, outages: 60, crashes: 5 };

export function faultOf(outcome: 'FAILED' | 'CRASHED', { code }: Pick<StepError, 'code'>): Fault {
  if (outcome === 'CRASHED') return 'crashes';
  return code === 'unavailable' ? 'outages' : 'failures';
}

interface BackOff {
  firstMs: number;
  longestMs: number;
}

/** A training that failed for want of memory or time needs longer until that has changed than a short step. */
const backOffs: Record<StepKind, BackOff> = {
  preprocess: { firstMs: 1_000, longestMs: 60_000 },
  train: { firstMs: 2_000, longestMs: 120_000 },
  evaluate: { firstMs: 1_000, longestMs: 60_000 },
  infer: { firstMs: 1_000, longestMs: 60_000 },
};

/**
 * Milliseconds until the next attempt: exponential with full jitter on the upper half, so that attempts that failed
 * together do not come back together.
 *
 * @param kind one that another version of the code knows is tried as a short step
 * @param times how often the step failed like this, this time included
 */
export function retryDelayMs(kind: string, times: number, random: () => number = Math.random): number {
  const { firstMs, longestMs } = backOffs[StepKind.catch('preprocess').parse(kind)];
  const delay = Math.min(firstMs * 2 ** Math.max(0, times - 1), longestMs);
  return Math.round(delay * (0.5 + random() / 2));
}
