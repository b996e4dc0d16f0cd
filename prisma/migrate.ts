import path from 'node:path';
import type pg from 'pg';
import { AppError } from '../src/contracts/app-error.js';
import { grantApplication, isGranted } from './application-role.js';
import { engineWords } from './engine-words.js';
import { withMigrationLock } from './migration-lock.js';
import { defaultPrismaDir, noFilter, readMigrations, type PrismaFolder } from './prisma-files.js';
import { withSchemaEngine } from './schema-engine.js';

interface MigrateOptions extends PrismaFolder {
  /** Of the tables; without it they are those of the user of `databaseUrl`. */
  ownerUrl?: string;
}

/**
 * Brings a database to the newest migration, without a download and as often as one likes. Processes that start
 * together take turns. A migration is kept or lost as a whole, so one that failed, or whose process was killed,
 * is simply tried again by the next call.
 *
 * With an owner's URL the tables are theirs, and the user of `databaseUrl` may work with them, see `grantApplication`.
 *
 * @returns the names of those applied by this call, in order
 * @throws AppError `unavailable` when the database does not answer, `invalid_data` when a migration fails: what
 *   PostgreSQL said, in which file and line, and what to do
 */
export async function migrate(
  databaseUrl: string,
  { prismaDir = defaultPrismaDir, ownerUrl }: MigrateOptions = {},
): Promise<string[]> {
  return withMigrationLock(ownerUrl ?? databaseUrl, async (client) => {
    const applied = await applyMigrations(client, ownerUrl ?? databaseUrl, prismaDir);
    if (ownerUrl !== undefined && !(await isGranted(client, databaseUrl))) {
      await grantApplication(client, databaseUrl);
    }
    return applied;
  });
}

async function applyMigrations(client: pg.Client, databaseUrl: string, prismaDir: string): Promise<string[]> {
  const migrationsList = readMigrations(prismaDir);
  const finished = await migrationNames(client, 'finished_at IS NOT NULL');
  // Nearly every start: it saves the engine's 60 ms and 80 MB.
  if (migrationsList.migrationDirectories.every(({ path: name }) => finished.includes(name))) return [];
  return withSchemaEngine(databaseUrl, prismaDir, async (engine, adapter) => {
    try {
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: noFilter });
      return appliedMigrationNames;
    } catch (cause) {
      const why = adapter.refusal ?? engineWords(cause);
      const [failed] = await migrationNames(client, 'finished_at IS NULL');
      if (failed === undefined) throw new AppError('internal', `The migrations stopped: ${why}`, { cause });
      throw new AppError(
        'invalid_data',
        `Migration ${failed} failed and left nothing behind: ${why}. Correct its migration.sql, or the rows ` +
          'that it stumbled over, and start again: it will be tried again.',
        { cause, where: path.join(prismaDir, 'migrations', failed, 'migration.sql') },
      );
    }
  });
}

/** The migrations that the database knows, without those that were rolled back. */
async function migrationNames(
  client: pg.Client,
  state: 'finished_at IS NOT NULL' | 'finished_at IS NULL',
): Promise<string[]> {
  const { rows: tables } = await client.query(`SELECT 1 WHERE to_regclass('_prisma_migrations') IS NOT NULL`);
  if (tables.length === 0) return [];
  const { rows } = await client.query<{ migration_name: string }>(
    `SELECT migration_name FROM _prisma_migrations WHERE rolled_back_at IS NULL AND ${state}`,
  );
  return rows.map((row) => row.migration_name);
}
