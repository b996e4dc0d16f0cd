import { createPostgresBackend, createRedisBackend, type Processor, Worker } from 'bullmq';
import { pausingBackend } from './pausing-backend.js';
import {
  postgresConnection,
  queueName,
  type QueueSettings,
  redisWorkerConnection,
} from './queue-settings.js';

export interface StepWorkerSettings extends QueueSettings {
  kind: string;
  /** Jobs at once. */
  concurrency: number;
  /** How long a job stays with a worker that does not renew its lock any more, milliseconds. */
  lockMs?: number;
  onError: (error: Error) => void;
}

const usualLockMs = 30_000;
/** The claim, not the queue, decides whether a job that came back is still worth anything. */
const maxStalledCount = 100;

/**
 * Takes jobs of one kind and hands their payloads to `handle`, which must not throw for anything but a passing fault:
 * the job is gone then, and the reconciler adds it again.
 */
export async function startStepWorker(
  { kind, concurrency, lockMs = usualLockMs, onError, ...settings }: StepWorkerSettings,
  handle: (payload: unknown) => Promise<void>,
) {
  const process: Processor<unknown, void> = (job) => handle(job.data);
  const options = { concurrency, lockDuration: lockMs, stalledInterval: lockMs / 2, maxStalledCount };
  const { databaseUrl, redisUrl } = settings;
  const worker = redisUrl
    ? new Worker(
        queueName(kind),
        process,
        { ...options, connection: redisWorkerConnection(redisUrl) },
        pausingBackend(createRedisBackend),
      )
    : new Worker(
        queueName(kind),
        process,
        { ...options, connection: postgresConnection(databaseUrl) },
        pausingBackend(createPostgresBackend),
      );
  let closing = false;
  worker.on('error', (error) => closing || onError(error));
  worker.on('failed', (_job, error) => onError(error));
  await worker.waitUntilReady();
  return {
    /** Takes no more jobs; those under way go on. */
    pause: () => worker.pause(true),
    /** Resolves when the jobs under way have ended. */
    async close(): Promise<void> {
      await worker.close();
      closing = true;
    },
  };
}
