import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../prisma/migrate.js';
import { startPostgres } from '../src/local/postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a migrated database that nobody may connect to: it is there to be cloned. */
    templateDatabase: string;
  }
}

const template = 'template_trainyard';

/**
 * One PostgreSQL for all spec files of a run, migrated once: about a second, where each file would take that long for
 * itself. A clone of the template takes a few hundredths.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'trainyard-test-'));
  const server = await startPostgres({ dataDir: folder, durable: false });
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query(`create database ${template}`);
  await admin.end();
  const url = new URL(server.url);
  url.pathname = template;
  await migrate(url.href);
  project.provide('templateDatabase', url.href);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 50 });
  };
}
