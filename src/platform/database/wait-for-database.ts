import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { AppError } from '../../contracts/app-error.js';

/**
 * Resolves when the database answers. Everything that connects at its construction (the queue) must come after:
 * made while PostgreSQL is down, it never recovers and never says so.
 */
export async function waitForDatabase(
  url: string,
  patienceMs: number,
  onWait: (error: Error) => void,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (performance.now() > deadline) {
        throw new AppError('unavailable', `PostgreSQL does not answer: ${error.message}`, { cause });
      }
      onWait(error);
      await delay(pause);
    } finally {
      await client.end().catch(() => {});
    }
  }
}
