import pg from 'pg';
import { AppError } from '../src/contracts/app-error.js';

/** Ours. Any number that nobody else locks in this database: "trainyar" in ASCII. */
const migrating = '8390876161197564274';
/** The engine's, see its messages. It waits for it ten seconds only, which a long migration outlasts. */
const enginesOwn = 72707369;

/**
 * Runs `use` while no other process migrates the database, and with nothing half known: what `_prisma_migrations`
 * says was begun and not finished is marked as rolled back, which it is (see finished-within.ts).
 *
 * @param use gets the connection that holds the lock
 * @throws AppError `unavailable` when the database does not answer
 */
export async function withMigrationLock<T>(
  databaseUrl: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(databaseUrl);
  try {
    await client.query(`SELECT pg_advisory_lock(${migrating})`);
    // The server runs a script to its end although the process that sent it was killed, and only then gives up
    // the engine's lock. Until that has happened an unfinished migration may still become a finished one.
    await client.query(`SELECT pg_advisory_lock(${enginesOwn})`);
    await takeBackUnfinished(client);
    await client.query(`SELECT pg_advisory_unlock(${enginesOwn})`);
    return await use(client);
  } finally {
    // The end of the session is the end of its locks.
    await client.end();
  }
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    return client;
  } catch (cause) {
    // Of a name with several addresses pg reports all refusals in one error without a message.
    const { message, code } = cause as NodeJS.ErrnoException;
    const why = message || code;
    throw new AppError('unavailable', `The database ${client.host}:${client.port} does not answer: ${why}`, {
      cause,
    });
  }
}

async function takeBackUnfinished(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ known: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS known`,
  );
  if (!rows[0]?.known) return;
  const unfinished = '"finished_at" IS NULL AND "rolled_back_at" IS NULL';
  const { rowCount } = await client.query(`SELECT 1 FROM "_prisma_migrations" WHERE ${unfinished} LIMIT 1`);
  // Nearly always; and a user who works with the tables of another owner may look, but not write.
  if (rowCount === 0) return;
  await client.query(`UPDATE "_prisma_migrations" SET "rolled_back_at" = now() WHERE ${unfinished}`);
}
