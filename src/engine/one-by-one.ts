import { isOutage } from '../platform/database/outage.js';

/**
 * Does `work` to one item after another. One that cannot be handled, because another version of the code wrote its
 * rows, say, is reported and must not keep the others waiting; an outage of the database ends it, because every other
 * item would meet it too.
 */
export async function oneByOne<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  onError: (error: unknown, item: T) => void,
): Promise<void> {
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (isOutage(error)) throw error;
      onError(error, item);
    }
  }
}
