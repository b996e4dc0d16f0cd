import { describe, expect, it } from 'vitest';
import { findOutage } from '../../src/platform/database/outage.js';
import { testDatabase } from '../database.js';

const { db } = await testDatabase();

/** What Prisma makes of an error of PostgreSQL, by whichever way it is asked. */
const raised = {
  'a raw statement': (state: string) => db.$executeRawUnsafe(raise(state)),
  'a transaction': (state: string) => db.$transaction((tx) => tx.$executeRawUnsafe(raise(state))),
  async 'a row that is written'(state: string) {
    await db.$executeRawUnsafe(`
      create or replace function refuse() returns trigger language plpgsql
      as $$ begin raise exception 'refused' using errcode = '${state}'; end $$`);
    await db.$executeRaw`create or replace trigger refuse before insert on secrets execute function refuse()`;
    await db.secret.create({ data: { name: state, value: new Uint8Array([1]) } });
  },
};

describe.each(Object.entries(raised))('an error of PostgreSQL in %s', (_, ask) => {
  it.each([
    ['53100', 'full'],
    ['53200', 'away'],
    ['53300', 'away'],
    ['57P01', 'away'],
    ['57P02', 'away'],
    ['57P03', 'away'],
    ['58000', 'away'],
    ['58030', 'away'],
    ['08006', 'away'],
    ['25P03', 'away'],
  ])('of state %s is an outage: %s', async (state, outage) => {
    expect(findOutage(await ask(state).catch((error: unknown) => error))).toBe(outage);
  });

  it.each(['58P01', '23514', '42P01', '22012'])('of state %s is none', async (state) => {
    const error = await ask(state).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Error);
    expect(findOutage(error)).toBeUndefined();
  });
});

function raise(state: string): string {
  return `do $$ begin raise exception 'refused' using errcode = '${state}'; end $$`;
}
