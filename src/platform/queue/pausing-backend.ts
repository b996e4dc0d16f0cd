import { setTimeout as delay } from 'node:timers/promises';
import type { BackendFactory, IQueueBackend } from 'bullmq';

const pauseMs = 1_000;

/**
 * A backend for workers that waits a little when the next job cannot be had. After an error that is not one of its
 * connection (a full disk, of PostgreSQL as of Redis), BullMQ asks again at once: hundreds of statements and of lines
 * in the log a second, for as long as there are jobs.
 */
export function pausingBackend<B extends IQueueBackend, C>(
  create: BackendFactory<B, C>,
): BackendFactory<B, C> {
  return (...settings) => {
    const backend = create(...settings);
    const moveToActive = backend.moveToActive.bind(backend);
    backend.moveToActive = async (...given) => {
      try {
        return await moveToActive(...given);
      } catch (error) {
        await delay(pauseMs);
        throw error;
      }
    };
    return backend;
  };
}
