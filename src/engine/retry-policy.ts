import { StepKind } from '../contracts/states.js';

/**
 * How often a step is tried: failures of its own, and leases lost through no fault of its own, count apart. While
 * something that it needs is away, it is tried for about four minutes.
 */
export const retryLimits = { maxAttempts: 3, maxUnavailable: 10, maxCrashes: 5 };

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
 * Exponential with full jitter on the upper half: attempts that failed together do not come back together.
 * @param kind one that another version of the code knows is tried as a short step
 */
export function retryDelayMs(kind: string, failures: number, random: () => number = Math.random): number {
  const { firstMs, longestMs } = backOffs[StepKind.catch('preprocess').parse(kind)];
  const delay = Math.min(firstMs * 2 ** Math.max(0, failures - 1), longestMs);
  return Math.round(delay * (0.5 + random() / 2));
}
