import { setTimeout as delay } from 'node:timers/promises';
import { Prisma } from '../../generated/prisma/client.js';
import type { Database, Tx } from './database.js';

const maxTries = 5;

export interface TransactionSettings {
  /** Milliseconds until the transaction is rolled back. */
  timeout?: number;
}

/**
 * Runs `work` in one transaction and tries it again when PostgreSQL gave it up for another one's sake (deadlock,
 * serialisation). `work` may therefore run several times: it must do nothing but talk to `tx`.
 */
export async function inTransaction<T>(
  db: Database,
  work: (tx: Tx) => Promise<T>,
  { timeout = 15_000 }: TransactionSettings = {},
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.$transaction(work, { timeout, maxWait: timeout });
    } catch (error) {
      if (tries >= maxTries || !isConflict(error)) throw error;
      await delay(2 ** tries * 5 * (0.5 + Math.random()));
    }
  }
}

/** Deadlock (40P01) and serialisation failure (40001), as Prisma reports them for its own and for raw queries. */
function isConflict(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return (
    error.code === 'P2034' || (error.code === 'P2010' && /40P01|40001/.test(JSON.stringify(error.meta ?? {})))
  );
}
