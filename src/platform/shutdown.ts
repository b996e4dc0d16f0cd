import type { Logger } from './logger.js';

const deadlineMs = 10_000;

/**
 * Stops the process once on SIGTERM or SIGINT: drains, then exits. A second signal, or a drain that takes too long,
 * ends it at once; with SIGKILL, because `process.exit` aborts while a native session runs in a thread.
 */
export function stopOnSignal(log: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  // Started by the local stack, and that is gone, with PostgreSQL: nothing can be drained any more.
  const onOrphaned = () => process.kill(process.pid, 'SIGKILL');
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.kill(process.pid, 'SIGKILL');
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), deadlineMs).unref();
    stop().then(
      () => {
        log.info('stopped');
        // Listening to the supervisor's channel keeps the event loop alive.
        process.off('disconnect', onOrphaned);
        process.exitCode = 0;
        // Whatever still keeps the event loop alive is of no use to anybody.
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1_000).unref();
      },
      (err: unknown) => {
        log.error({ err }, 'could not stop cleanly');
        process.kill(process.pid, 'SIGKILL');
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('disconnect', onOrphaned);
}
