import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../src/contracts/app-error.js';
import { migrationDrift } from './drift.js';
import { defaultPrismaDir, type PrismaFolder } from './prisma-files.js';

/**
 * Writes `migrations/<timestamp>_<name>/migration.sql` with what `schema.prisma` has and the migrations have not.
 * Read it before it is committed: what a schema file cannot say (triggers, checks, moves of data) goes in by hand,
 * between BEGIN and COMMIT.
 *
 * @param name lower-case words joined by `_`: `add_promotions`
 * @param now the time in its folder's name, UTC; it must be after every other migration's
 * @returns the file, or undefined when there is nothing to migrate
 */
export async function authorMigration(
  databaseUrl: string,
  name: string,
  { prismaDir = defaultPrismaDir, now = new Date() }: PrismaFolder & { now?: Date } = {},
): Promise<string | undefined> {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) {
    throw new AppError(
      'invalid_request',
      `"${name}" is no name for a migration: use words like add_promotions.`,
    );
  }
  const sql = await migrationDrift(databaseUrl, { prismaDir });
  if (sql === '') return undefined;
  const timestamp = now.toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const folder = path.join(prismaDir, 'migrations', `${timestamp}_${name}`);
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'migration.sql');
  writeFileSync(file, `BEGIN;\n\n${sql.trim()}\n\nCOMMIT;\n`, { flag: 'wx' });
  return file;
}
