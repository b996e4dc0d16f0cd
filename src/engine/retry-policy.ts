/**
 * How often a step is tried: failures of its own, and leases lost through no fault of its own, count apart. While
 * something that it needs is away, it is tried for about four minutes.
 */
export const retryLimits = { maxAttempts: 3, maxUnavailable: 10, maxCrashes: 5 };

const firstDelayMs = 1_000;
const longestDelayMs = 60_000;

/** Exponential with full jitter on the upper half: attempts that failed together do not come back together. */
export function retryDelayMs(failures: number, random: () => number = Math.random): number {
  const delay = Math.min(firstDelayMs * 2 ** Math.max(0, failures - 1), longestDelayMs);
  return Math.round(delay * (0.5 + random() / 2));
}
