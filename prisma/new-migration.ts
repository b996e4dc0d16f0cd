import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError } from '../src/contracts/app-error.js';
import { startPostgres } from '../src/local/postgres.js';
import { authorMigration } from './author-migration.js';

// node dist/prisma/new-migration.js <name>
//
// The shadow database needs a server, and which one does not matter: it is an embedded one in a temporary folder,
// so that authoring touches no database of anybody's. Where no embedded one exists, name one as a second argument.

const [name = '', givenUrl] = process.argv.slice(2);

async function withDatabase(use: (databaseUrl: string) => Promise<void>): Promise<void> {
  if (givenUrl !== undefined) return use(givenUrl);
  const folder = mkdtempSync(path.join(tmpdir(), 'trainyard-migration-'));
  try {
    const server = await startPostgres({ dataDir: folder, durable: false });
    try {
      await use(server.url);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await withDatabase(async (databaseUrl) => {
    const file = await authorMigration(databaseUrl, name);
    process.stdout.write(`${file ?? 'The migrations already say what schema.prisma says.'}\n`);
  });
} catch (error) {
  process.stderr.write(`${error instanceof AppError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
