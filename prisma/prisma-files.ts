import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type {
  MigrationList,
  SchemaContainer,
  SchemaFilter,
} from '@prisma/schema-engine-wasm/schema_engine_bg';
import { AppError } from '../src/contracts/app-error.js';
import { projectRoot } from '../src/platform/project-root.js';

export interface PrismaFolder {
  /** Holds `schema.prisma` and `migrations/`; the project's own by default. */
  prismaDir?: string;
}

export const defaultPrismaDir = path.join(projectRoot(), 'prisma');

/** Every table and enum is ours to migrate. */
export const noFilter: SchemaFilter = { externalTables: [], externalEnums: [] };

export function readSchema(prismaDir: string): SchemaContainer {
  const file = path.join(prismaDir, 'schema.prisma');
  return { path: file, content: readFileSync(file, 'utf8') };
}

/** A migration that is kept or lost as a whole: one transaction around all of it. */
export const wrapped = /^(\s|--[^\n]*\n)*BEGIN;.*\bCOMMIT;\s*$/s;

/**
 * The migrations in the order of their names, which is the order they are applied in.
 *
 * @throws AppError `invalid_data` for one that is not `BEGIN; … COMMIT;`: a failure would leave half of it
 */
export function readMigrations(prismaDir: string): MigrationList {
  const baseDir = path.join(prismaDir, 'migrations');
  const entries = existsSync(baseDir) ? readdirSync(baseDir, { withFileTypes: true }) : [];
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: names.sort().map((name) => {
      const file = path.join(baseDir, name, 'migration.sql');
      const sql = readFileSync(file, 'utf8');
      if (!wrapped.test(sql)) {
        throw new AppError('invalid_data', 'A migration must begin with BEGIN; and end with COMMIT;.', {
          where: file,
        });
      }
      return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } } };
    }),
  };
}
