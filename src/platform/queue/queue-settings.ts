/** Where jobs wait: Redis when there is one, PostgreSQL otherwise. */
export interface QueueSettings {
  databaseUrl: string;
  redisUrl?: string;
}

export const queueName = (kind: string) => `trainyard-${kind}`;

/**
 * Connections of BullMQ's own: sharing a pool with the database client would let a burst of jobs starve the requests.
 * `migrate` makes the queue's schema; without it a worker on a new database spins.
 */
export function postgresConnection(databaseUrl: string) {
  return {
    connectionString: databaseUrl,
    schema: 'bullmq',
    migrate: true,
    max: 2,
    // A server that is gone without a word must not hang whoever adds a job, nor a worker. Many jobs at once wait for
    // their turn in this time too.
    connectionTimeoutMillis: 15_000,
    query_timeout: 35_000,
    keepAlive: true,
    application_name: 'trainyard-queue',
    // A job that a crash of the server takes back is added again from its row, so none has to wait for the disk.
    options: '-c synchronous_commit=off',
  };
}

/** For adding: fails soon when Redis is away, or gone without a word, so that a caller is not kept waiting. */
export function redisQueueConnection(url: string) {
  return {
    url,
    maxRetriesPerRequest: 2,
    enableOfflineQueue: false,
    commandTimeout: 5_000,
    socketTimeout: 5_000,
  };
}

/**
 * For workers, which wait for Redis to come back however long it takes, but not for an answer that never comes: for
 * longer than BullMQ lets Redis wait for a job (10 s).
 */
export function redisWorkerConnection(url: string) {
  return { url, maxRetriesPerRequest: null, socketTimeout: 30_000 };
}
