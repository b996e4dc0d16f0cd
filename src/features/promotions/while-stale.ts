import { AppError } from '../../contracts/app-error.js';
import { StaleChampion } from '../../engine/effect.js';

/** Each attempt that finds something else serving ends because somebody else's promotion was accepted. */
const mostAttempts = 50;

/**
 * Decides anew while what serves changes between looking at it and deciding.
 * @throws AppError `unavailable` when it never stops; what `attempt` throws
 */
export async function whileStale<T>(attempt: () => Promise<T>): Promise<T> {
  for (let i = 0; i < mostAttempts; i++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StaleChampion)) throw error;
    }
  }
  throw new AppError('unavailable', 'what serves changed all the time', { retryAfterSeconds: 1 });
}
