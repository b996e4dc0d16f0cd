import type { Logger } from './logger.js';

const quietMs = 10_000;
/** Of different errors that are remembered: messages may hold ids. */
const mostKnown = 100;

/**
 * Logs errors that will be tried again, each of them once in ten seconds, with how often it was met since it was last
 * said: every loop of a process meets the same outage, some of them twice a second.
 *
 * @param message what the log says beside the error
 * @param clock milliseconds, monotonic
 */
export function seldomWarning(
  log: Pick<Logger, 'warn'>,
  message: string,
  clock: () => number = () => performance.now(),
): (err: unknown) => void {
  const known = new Map<string, { saidAt: number; times: number }>();
  return (err) => {
    const key = err instanceof Error ? err.message : String(err);
    const now = clock();
    const last = known.get(key);
    if (last && now - last.saidAt < quietMs) {
      last.times += 1;
      return;
    }
    if (known.size >= mostKnown) known.clear();
    known.set(key, { saidAt: now, times: 0 });
    log.warn({ err, ...(last && { met_since: last.times + 1 }) }, message);
  };
}
