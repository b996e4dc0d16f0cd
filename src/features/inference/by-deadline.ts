import { setTimeout as delay } from 'node:timers/promises';
import type { AppError } from '../../contracts/app-error.js';

/**
 * Waits for work, but no longer than until a deadline; the work goes on.
 * @param deadline on the clock of `performance.now()`
 * @throws what `late` gives
 */
export async function byDeadline<T>(work: Promise<T>, deadline: number, late: () => AppError): Promise<T> {
  const decided = new AbortController();
  const timeout = delay(Math.max(0, deadline - performance.now()), undefined, decided).then(() => {
    throw late();
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    decided.abort();
  }
}
