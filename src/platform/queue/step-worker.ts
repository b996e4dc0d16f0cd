import {
  createPostgresBackend,
  createRedisBackend,
  type Processor,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { pausingBackend } from './pausing-backend.js';
import { queueName, type QueueSettings, redisWorkerConnection } from './queue-settings.js';
import { openWorkerPool } from './worker-pool.js';

export interface StepWorkerSettings extends QueueSettings {
  kind: string;
  /** Jobs at once. */
  concurrency: number;
  /** How long a job stays with a worker that does not renew its lock any more, milliseconds. */
  lockMs?: number;
  onError: (error: Error) => void;
}

const usualLockMs = 30_000;
/** Until a server that refused the connection is asked again; BullMQ would leave it alone for 15 s. */
const runRetryDelay = 1_000;
/** The claim, not the queue, decides whether a job that came back is still worth anything. */
const maxStalledCount = 100;

/**
 * Takes jobs of one kind from a queue that `openStepQueues` has made, and hands their payloads to `handle`, which must not throw for anything but a passing fault:
 * the job is gone then, and the reconciler adds it again.
 */
export async function startStepWorker(
  { kind, concurrency, lockMs = usualLockMs, onError, ...settings }: StepWorkerSettings,
  handle: (payload: unknown) => Promise<void>,
) {
  const process: Processor<unknown, void> = (job) => handle(job.data);
  const options = {
    concurrency,
    lockDuration: lockMs,
    stalledInterval: lockMs / 2,
    maxStalledCount,
    runRetryDelay,
  };
  const { worker, end } = openWorker(settings, queueName(kind), process, options);
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
      await end?.();
    },
  };
}

function openWorker(
  { databaseUrl, redisUrl }: QueueSettings,
  name: string,
  process: Processor<unknown, void>,
  options: Omit<WorkerOptions, 'connection'>,
) {
  if (redisUrl) {
    const connection = redisWorkerConnection(redisUrl);
    return {
      worker: new Worker(name, process, { ...options, connection }, pausingBackend(createRedisBackend)),
    };
  }
  const pool = openWorkerPool(databaseUrl);
  const backend = pausingBackend(createPostgresBackend);
  return {
    worker: new Worker(name, process, { ...options, connection: pool }, backend),
    end: () => pool.end(),
  };
}
