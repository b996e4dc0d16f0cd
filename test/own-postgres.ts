import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { migrate } from '../prisma/migrate.js';
import { freePort } from '../src/local/free-port.js';
import { type PostgresServer, startPostgres } from '../src/local/postgres.js';

export interface OwnPostgres {
  /** Stays the same over stops and starts. */
  url: string;
  /** Ends every connection, as an operator's stop does. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A migrated PostgreSQL of the spec file's own, for tests that stop it; gone when the file is done. */
export async function ownPostgres(): Promise<OwnPostgres> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'trainyard-postgres-'));
  const port = await freePort();
  let server: PostgresServer | undefined;
  const stop = async () => {
    await server?.stop();
    server = undefined;
  };
  const start = async () => {
    server ??= await startPostgres({ dataDir, port, durable: false });
    return server.url;
  };
  afterAll(async () => {
    await stop();
    rmSync(dataDir, { recursive: true, maxRetries: 10, retryDelay: 50 });
  });
  const url = await start();
  await migrate(url);
  return { url, stop, start: async () => void (await start()) };
}
