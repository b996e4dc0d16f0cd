import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { authorMigration } from '../../prisma/author-migration.js';
import { migrationDrift } from '../../prisma/drift.js';
import { migrate } from '../../prisma/migrate.js';
import { startPostgres, type PostgresServer } from '../../src/local/postgres.js';
import { compiledChild } from './compiled-child.js';
import { eventually } from './eventually.js';

const schema = `
datasource db {
  provider = "postgresql"
}

model Pet {
  id   Int    @id @default(autoincrement())
  name String @unique
  kind Kind
}

enum Kind {
  CAT
  DOG
}
`;

// A function, because its body holds semicolons that end no statement.
const first = `BEGIN;
CREATE TYPE "Kind" AS ENUM ('CAT', 'DOG');
CREATE TABLE "Pet" ("id" SERIAL PRIMARY KEY, "name" TEXT NOT NULL, "kind" "Kind" NOT NULL);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a pet; for life';
END $$;
CREATE TRIGGER keep BEFORE DELETE ON "Pet" FOR EACH ROW EXECUTE FUNCTION keep();
COMMIT;
`;
const second = `BEGIN;\nCREATE UNIQUE INDEX "Pet_name_key" ON "Pet"("name");\nCOMMIT;\n`;

let server: PostgresServer;
let folder: string;
let databases = 0;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'migrate-'));
  server = await startPostgres({ dataDir: path.join(folder, 'db'), durable: false });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

let prismaDir: string;
let url: string;
let client: pg.Client;
beforeEach(async () => {
  prismaDir = path.join(folder, `prisma${databases}`);
  mkdirSync(prismaDir);
  writeFileSync(path.join(prismaDir, 'schema.prisma'), schema);
  const name = `test${databases++}`;
  await query(server.url, `CREATE DATABASE ${name}`);
  const own = new URL(server.url);
  own.pathname = name;
  url = own.href;
  client = new pg.Client(url);
  await client.connect();
});
afterEach(() => client.end());

async function query(databaseUrl: string, sql: string): Promise<Record<string, unknown>[]> {
  const other = new pg.Client(databaseUrl);
  await other.connect();
  try {
    return (await other.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await other.end();
  }
}

function writeMigration(name: string, sql: string): string {
  const file = path.join(prismaDir, 'migrations', name, 'migration.sql');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, sql);
  return file;
}

async function exists(relation: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
    relation,
  ]);
  return rows[0]?.found ?? false;
}

const migrating = () =>
  compiledChild(
    'prisma/migrate.ts',
    `say(await subject.migrate(${JSON.stringify(url)}, ${JSON.stringify({ prismaDir })}));`,
  );

it('applies what is pending, in the order of the names, and then has nothing to do', async () => {
  writeMigration('20250102000000_second', second);
  writeMigration('20250101000000_first', first);
  expect(await migrate(url, { prismaDir })).toEqual(['20250101000000_first', '20250102000000_second']);
  expect(await migrate(url, { prismaDir })).toEqual([]);
  await client.query(`INSERT INTO "Pet" (name, kind) VALUES ('Tom', 'CAT')`);
  await expect(client.query('DELETE FROM "Pet"')).rejects.toThrow('a pet; for life');

  writeMigration('20250103000000_third', 'BEGIN;\nCREATE TABLE third ();\nCOMMIT;\n');
  expect(await migrate(url, { prismaDir })).toEqual(['20250103000000_third']);
});

it('is done by one of three processes that start together', async () => {
  writeMigration('20250101000000_first', first.replace('COMMIT', 'SELECT pg_sleep(0.3);\nCOMMIT'));
  writeMigration('20250102000000_second', second);
  const children = [migrating(), migrating(), migrating()];
  const applied = (await Promise.all(children.map((child) => child.next()))) as string[][];
  expect(applied.sort((a, b) => a.length - b.length)).toEqual([
    [],
    [],
    ['20250101000000_first', '20250102000000_second'],
  ]);
  const { rows } = await client.query('SELECT migration_name FROM _prisma_migrations');
  expect(rows).toHaveLength(2);
});

it('keeps nothing of a migration that fails, says what to do, and tries it again when it is corrected', async () => {
  writeMigration('20250101000000_first', first);
  const file = writeMigration(
    '20250102000000_second',
    'BEGIN;\nCREATE TABLE half ();\nALTER TABLE "Pet" ADD COLUMN\n  age colour;\nCOMMIT;\n',
  );
  const failure = {
    code: 'invalid_data',
    where: file,
    message:
      'Migration 20250102000000_second failed and left nothing behind: line 4: type "colour" does not exist. ' +
      'Correct its migration.sql, or the rows that it stumbled over, and start again: it will be tried again.',
  };
  await expect(migrate(url, { prismaDir })).rejects.toThrow(expect.objectContaining(failure));
  expect([await exists('"Pet"'), await exists('half')]).toEqual([true, false]);
  // The next start meets the same, and says the same.
  await expect(migrate(url, { prismaDir })).rejects.toThrow(expect.objectContaining(failure));

  writeFileSync(file, second);
  expect(await migrate(url, { prismaDir })).toEqual(['20250102000000_second']);
  expect(await migrate(url, { prismaDir })).toEqual([]);
});

it('refuses a migration that would not be kept or lost as a whole', async () => {
  const file = writeMigration('20250101000000_first', 'CREATE TABLE half ();\nCREATE TABLE half ();\n');
  await expect(migrate(url, { prismaDir })).rejects.toMatchObject({ code: 'invalid_data', where: file });
  expect(await exists('half')).toBe(false);
});

it('knows a migration as applied from the moment of its commit, whatever the process does then', async () => {
  // Fails the engine's first statement after the commit, as a kill in that moment would.
  writeMigration(
    '20250101000000_first',
    `BEGIN;
     CREATE TABLE whole ();
     CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cut off'; END $$;
     CREATE TRIGGER cut BEFORE UPDATE OF applied_steps_count ON _prisma_migrations EXECUTE FUNCTION cut();
     COMMIT;`,
  );
  await expect(migrate(url, { prismaDir })).rejects.toThrow('cut off');
  expect(await exists('whole')).toBe(true);
  expect(await migrate(url, { prismaDir })).toEqual([]);
});

it('waits for a migration whose process was killed: the server runs it to its end', async () => {
  writeMigration(
    '20250101000000_first',
    'BEGIN;\nSELECT pg_advisory_xact_lock(1);\nCREATE TABLE whole ();\nCOMMIT;\n',
  );
  await client.query('SELECT pg_advisory_lock(1)');
  const waiting = async (count: number) => {
    const { rows } = await client.query(`SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`);
    return rows.length === count;
  };
  const child = migrating();
  await eventually('the migration waits for the lock', () => waiting(1));
  await child.kill();

  const next = migrate(url, { prismaDir });
  await eventually('the next one waits for the first', () => waiting(2));
  await client.query('SELECT pg_advisory_unlock(1)');
  expect(await next).toEqual([]);
  expect(await exists('whole')).toBe(true);
});

it('says where no database answers, without its password', async () => {
  const gone = new URL(url);
  gone.port = '1';
  const error = await migrate(gone.href, { prismaDir }).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('127.0.0.1:1 does not answer'),
  });
  expect(String(error)).not.toContain(gone.password);
});

it('finds what the schema has and the migrations have not, and leaves no shadow database', async () => {
  writeMigration('20250101000000_first', first);
  expect(await migrationDrift(url, { prismaDir })).toBe(
    '-- CreateIndex\nCREATE UNIQUE INDEX "Pet_name_key" ON "Pet"("name");\n',
  );
  writeMigration('20250102000000_second', second);
  expect(await migrationDrift(url, { prismaDir })).toBe('');
  // The database that was given is not touched.
  expect(await exists('"Pet"')).toBe(false);

  writeMigration('20250103000000_third', 'BEGIN;\nCREATE TABLE half ();\nSELECT wrong;\nCOMMIT;\n');
  await expect(migrationDrift(url, { prismaDir })).rejects.toThrow(
    /`20250103000000_third` failed[^]*PostgreSQL said: line 3: column "wrong" does not exist/,
  );
  expect(await query(url, "SELECT datname FROM pg_database WHERE datname LIKE 'shadow%'")).toEqual([]);
});

it('writes a migration that closes the difference', async () => {
  const file = await authorMigration(url, 'first', { prismaDir, now: new Date('2025-02-03T04:05:06.789Z') });
  expect(file).toBe(path.join(prismaDir, 'migrations/20250203040506_first/migration.sql'));
  expect(readFileSync(file ?? '', 'utf8')).toMatch(/^BEGIN;\n\n-- CreateEnum\nCREATE TYPE[^]*\n\nCOMMIT;\n$/);
  expect(await migrationDrift(url, { prismaDir })).toBe('');
  expect(await authorMigration(url, 'second', { prismaDir })).toBeUndefined();
  expect(await migrate(url, { prismaDir })).toEqual(['20250203040506_first']);
  await expect(authorMigration(url, '../x', { prismaDir })).rejects.toThrow(
    '"../x" is no name for a migration',
  );
});
