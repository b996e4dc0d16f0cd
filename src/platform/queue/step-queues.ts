import { createPostgresBackend, Queue } from 'bullmq';
import { AppError } from '../../contracts/app-error.js';
import { postgresConnection, queueName, type QueueSettings, redisQueueConnection } from './queue-settings.js';

export interface NewJob {
  kind: string;
  /** The same id is the same job: adding it twice is adding it once. */
  id: string;
  payload: object;
  /** From -100 to 100; the higher goes first. */
  priority: number;
  delayMs: number;
}

/** The adding side of the queues, one per kind of step. */
export interface StepQueues {
  /** Adds jobs; of the same priority, workers take them in this order. */
  add(jobs: readonly NewJob[]): Promise<void>;
  /** Jobs that wait, are delayed or are worked on, by kind. */
  depths(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/**
 * Opens the queues. The database (and Redis, if it is used) must answer by now: a queue made while its backend is down
 * never recovers.
 */
export async function openStepQueues(
  settings: QueueSettings,
  kinds: readonly string[],
  onError: (error: Error) => void,
): Promise<StepQueues> {
  const queues = new Map(kinds.map((kind) => [kind, openQueue(settings, kind)]));
  let closing = false;
  for (const queue of queues.values()) queue.on('error', (error) => closing || onError(error));
  await Promise.all([...queues.values()].map((queue) => queue.waitUntilReady()));
  const queueOf = (kind: string) => {
    const queue = queues.get(kind);
    if (!queue) throw new AppError('internal', `there is no queue for steps to ${kind}`);
    return queue;
  };

  return {
    async add(jobs) {
      // In their order, because idle workers take what comes first; and not in bulk, because on PostgreSQL that
      // statement takes longer than those for the one to three jobs of a run.
      for (const { kind, id, payload, priority, delayMs } of jobs)
        await queueOf(kind).add('step', payload, jobOptions(id, priority, delayMs));
    },
    async depths() {
      const counts = await Promise.all(
        [...queues].map(async ([kind, queue]) => {
          const states = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
          return [kind, Object.values(states).reduce((sum, count) => sum + count, 0)] as const;
        }),
      );
      return Object.fromEntries(counts);
    },
    async close() {
      closing = true;
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** BullMQ counts the other way round, from 1; a job without a priority would go before all that have one. */
const highestPriority = 100;

/**
 * The rows decide about retries, so the queue makes none; a finished job goes at once, because an id that still exists
 * is silently not added again.
 */
function jobOptions(jobId: string, priority: number, delay: number) {
  return {
    jobId,
    priority: highestPriority + 1 - priority,
    delay,
    attempts: 1,
    removeOnComplete: true,
    removeOnFail: true,
  };
}

function openQueue({ databaseUrl, redisUrl }: QueueSettings, kind: string) {
  const name = queueName(kind);
  return redisUrl
    ? new Queue(name, { connection: redisQueueConnection(redisUrl) })
    : new Queue(name, { connection: postgresConnection(databaseUrl) }, createPostgresBackend);
}
