import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, expect, inject } from 'vitest';
import { type Database, openDatabase } from '../src/platform/database/database.js';
import { eventually } from './integration/eventually.js';

export interface TestDatabase {
  db: Database;
  /** For what opens connections of its own: the queue, a process. */
  url: string;
}

interface TestDatabaseSettings {
  /** Connections at most: as many as a test has transactions that wait for each other, and one more. */
  max?: number;
  /** Deadlocks that the file makes on purpose. */
  deadlocks?: number;
}

/**
 * A migrated, empty database of the spec file's own, dropped when the file is done:
 * `const { db } = await testDatabase();` at the top of the file. Only in specs under `test/`.
 *
 * The file fails when its transactions were in a deadlock. One is tried again and hurts nobody but for the second that
 * it takes PostgreSQL to see it, so no other test would notice that locks are no longer taken in one order.
 */
export async function testDatabase({
  max = 30,
  deadlocks = 0,
}: TestDatabaseSettings = {}): Promise<TestDatabase> {
  const template = new URL(inject('templateDatabase'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(template);
  url.pathname = name;
  await administrate(template, (admin) =>
    admin.query(`create database ${name} template ${template.pathname.slice(1)}`),
  );
  const { db, close } = openDatabase({ url: url.href, max });
  afterAll(async () => {
    await close();
    await administrate(template, async (admin) => {
      const made = await countDeadlocks(admin, name);
      // By force: what a test left open must not keep the next file from its connections.
      await admin.query(`drop database ${name} with (force)`);
      expect(made, 'deadlocks').toBe(deadlocks);
    });
  });
  return { db, url: url.href };
}

/** Sessions tell the statistics what they did at their end, if not before. */
async function countDeadlocks(admin: pg.Client, database: string): Promise<number> {
  await eventually('the sessions of the pool have ended', async () => {
    const { rowCount } = await admin.query(
      `select 1 from pg_stat_activity where datname = $1 and application_name = 'trainyard'`,
      [database],
    );
    return rowCount === 0;
  });
  const { rows } = await admin.query<{ deadlocks: number }>(
    'select deadlocks::int from pg_stat_database where datname = $1',
    [database],
  );
  return rows[0]?.deadlocks ?? Number.NaN;
}

/** On the server's own database: one cannot be cloned while anybody is connected to it. */
async function administrate(template: URL, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const url = new URL(template);
  url.pathname = 'postgres';
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
