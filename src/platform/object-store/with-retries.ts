import { setTimeout as delay } from 'node:timers/promises';

/** After the first try: three more, over about a second. */
const delaysMs = [100, 250, 600];

/**
 * Tries again after errors that pass, with longer and longer pauses (and some chance in them, so that many
 * callers do not come back at once). Only for what may be done twice.
 */
export async function withRetries<T>(
  call: () => Promise<T>,
  passes: (error: unknown) => boolean,
): Promise<T> {
  for (const pause of delaysMs) {
    try {
      return await call();
    } catch (error) {
      if (!passes(error)) throw error;
      await delay(pause * (0.5 + Math.random() / 2));
    }
  }
  return call();
}
