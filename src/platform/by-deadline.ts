import { setTimeout as delay } from 'node:timers/promises';
import type { AppError } from '../contracts/app-error.js';

/** Node's timers count no further than some weeks. */
const longestWaitMs = 3_600_000;

/**
 * Waits for work, but no longer than until a deadline; the work goes on.
 * @param deadline on the clock of `performance.now()`
 * @throws what `late` gives
 */
export async function byDeadline<T>(work: Promise<T>, deadline: number, late: () => AppError): Promise<T> {
  const decided = new AbortController();
  const patience = Math.min(Math.max(0, deadline - performance.now()), longestWaitMs);
  const timeout = delay(patience, undefined, decided).then(() => {
    throw late();
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    decided.abort();
  }
}
