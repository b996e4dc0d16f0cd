import { describe, expect, it } from 'vitest';
import type { Tx } from '../../src/platform/database/database.js';
import { isOutage } from '../../src/platform/database/outage.js';
import { inTransaction } from '../../src/platform/database/transaction.js';
import { testDatabase } from '../database.js';
import { eventually } from './eventually.js';

const { db } = await testDatabase({ deadlocks: 2 });

const increment = {
  'a raw statement': (tx: Tx, identifier: string) =>
    tx.$executeRaw`update pointers set version = version + 1 where identifier = ${identifier}`,
  'a statement of the client': (tx: Tx, identifier: string) =>
    tx.pointer.update({ where: { identifier }, data: { version: { increment: 1 } } }),
};

it.each(Object.entries(increment))('is tried again when it loses a deadlock in %s', async (name, add) => {
  const rows = [`${name} 1`, `${name} 2`] as const;
  await db.pointer.createMany({ data: rows.map((identifier) => ({ identifier, version: 0 })) });
  let bothHaveOne: () => void = () => {};
  const met = new Promise<void>((resolve) => (bothHaveOne = resolve));
  let tries = 0;
  const cross = ([first, second]: readonly [string, string]) =>
    inTransaction(db, async (tx) => {
      // PostgreSQL looks for deadlocks after a second; it need not be that long here.
      await tx.$executeRaw`set local deadlock_timeout = '20ms'`;
      await add(tx, first);
      if (++tries === 2) bothHaveOne();
      await met;
      await add(tx, second);
    });
  await Promise.all([cross(rows), cross([rows[1], rows[0]])]);
  expect(tries).toBe(3);
  const after = await db.pointer.findMany({ where: { identifier: { in: [...rows] } } });
  expect(after.map(({ version }) => version)).toEqual([2, 2]);
});

it('is not tried again for a fault of its own, and leaves nothing behind', async () => {
  let tries = 0;
  const failing = inTransaction(db, async (tx) => {
    tries += 1;
    await tx.pointer.create({ data: { identifier: 'undone', version: 0 } });
    throw new Error('a fault');
  });
  await expect(failing).rejects.toThrow('a fault');
  expect(tries).toBe(1);
  expect(await db.pointer.findUnique({ where: { identifier: 'undone' } })).toBeNull();
});

// A process that is stopped in the middle of a transaction keeps its locks, and everybody who needs them waiting,
// until its session ends. No client can end it: it is the client that is stopped.
describe('a session that stands still in a transaction', () => {
  it('is ended by the database, later than our longest transaction', async () => {
    const [row] = await db.$queryRaw<Record<string, string>[]>`show idle_in_transaction_session_timeout`;
    expect(row).toEqual({ idle_in_transaction_session_timeout: '65s' });
  });

  it('is an outage to whoever wakes up in it, and to nobody else', async () => {
    const waking = db.$transaction(async (tx) => {
      await tx.$executeRaw`set idle_in_transaction_session_timeout = '20ms'`;
      const [session] = await tx.$queryRaw<[{ pid: number }]>`select pg_backend_pid() as pid`;
      await eventually('its session is gone', async () => {
        const left = await db.$queryRaw<unknown[]>`select 1 from pg_stat_activity where pid = ${session.pid}`;
        return left.length === 0;
      });
      await tx.$queryRaw`select 1`;
    });
    const error: unknown = await waking.catch((cause: unknown) => cause);
    expect(isOutage(error)).toBe(true);
    expect(await db.$queryRaw`select 1 as one`).toEqual([{ one: 1 }]);
  });
});

it('takes a statement that waited for too long behind a lock for an outage: it may succeed later', async () => {
  const late = db.$transaction(async (tx) => {
    await tx.$executeRaw`set local statement_timeout = '20ms'`;
    await tx.$queryRaw`select pg_sleep(5)::text`;
  });
  expect(isOutage(await late.catch((error: unknown) => error))).toBe(true);
});
