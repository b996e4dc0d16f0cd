import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Prisma, PrismaClient } from '../../generated/prisma/client.js';

/** Rows and transactions. The pool behind it is its own: the queue's connections must not be able to starve it. */
export type Database = PrismaClient;
/** The same inside a transaction. */
export type Tx = Prisma.TransactionClient;

export interface DatabaseSettings {
  url: string;
  /** Connections at most. */
  max?: number;
  /** Called for connections that break while idle; the next query opens another. */
  onError?: (error: Error) => void;
}

export interface DatabaseConnection {
  db: Database;
  close: () => Promise<void>;
}

/** Opens connections as they are needed; nothing is tried yet. */
export function openDatabase({ url, max = 10, onError = () => {} }: DatabaseSettings): DatabaseConnection {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 5_000,
    // A statement that hangs (a lock held by a paused process) must not hang its caller for ever.
    statement_timeout: 30_000,
    // Nor must a server that is gone without a word; longer than the server's own limit, whose error says more.
    query_timeout: 35_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Nor must a process that was paused in a transaction keep what it locked. Longer than our longest transaction.
    idle_in_transaction_session_timeout: 65_000,
    idleTimeoutMillis: 30_000,
    application_name: 'trainyard',
  });
  let closing = false;
  // A connection that is being closed may hear of the server's end before it is gone: nobody's trouble.
  pool.on('error', (error) => closing || onError(error));
  // Nobody listens to a connection between its greeting and whoever asked for it, and an error that nobody listens to ends
  // the process: a server that is being stopped may say both in one packet. Whoever works with the connection hears of
  // its end by what fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    db,
    async close() {
      closing = true;
      await db.$disconnect();
      await pool.end();
    },
  };
}
