import pg from 'pg';
import { postgresConnection } from './queue-settings.js';

/**
 * Connections for one worker of BullMQ, one of which it keeps to hear of new jobs. It would open them by itself, but
 * listens to the errors of that one only some time after its greeting: the good-bye of a server that is being stopped,
 * in the same packet, ended the process. To be ended after the worker. The queue's schema must be there.
 */
export function openWorkerPool(databaseUrl: string): pg.Pool {
  const { schema, migrate: _, max, ...connection } = postgresConnection(databaseUrl);
  const pool = new pg.Pool({ ...connection, max: max + 1, options: `-c search_path="${schema}"` });
  // Whoever works with a connection hears of its end by what fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
