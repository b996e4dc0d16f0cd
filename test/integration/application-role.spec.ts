import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../prisma/migrate.js';
import { stepKinds } from '../../src/contracts/states.js';
import { openDatabase } from '../../src/platform/database/database.js';
import { openStepQueues } from '../../src/platform/queue/step-queues.js';
import { testDatabase } from '../database.js';
import { promoteModel, trainedModel } from '../factories/promotion.js';

const { db: ownersDb, url: ownerUrl } = await testDatabase();
const user = `application_${randomBytes(6).toString('hex')}`;
const url = new URL(ownerUrl);
url.username = user;
url.password = encodeURIComponent("it's % secret");

beforeAll(async () => {
  // The queue of an installation from before there were two users.
  const queues = await openStepQueues({ databaseUrl: ownerUrl }, ['train'], () => {});
  await queues.close();
  await migrate(url.href, { ownerUrl });
});

const application = () => new pg.Client({ connectionString: url.href });
let client: pg.Client;
beforeAll(async () => {
  client = application();
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await ownersDb.$executeRawUnsafe(`drop owned by ${user} cascade`);
  await ownersDb.$executeRawUnsafe(`drop role ${user}`);
});

it('can promote, write its queue and start again', async () => {
  const { db, close } = openDatabase({ url: url.href });
  const model = await trainedModel(db, { identifier: 'granted' });
  expect(await promoteModel(db, model)).toMatchObject({ version: 1 });
  await close();
  const errors: unknown[] = [];
  const queues = await openStepQueues({ databaseUrl: url.href }, stepKinds, (error) => errors.push(error));
  expect(Object.keys(await queues.depths()).sort()).toEqual([...stepKinds].sort());
  await queues.close();
  expect(errors).toEqual([]);
  // As a process without the owner's URL does, which finds everything done.
  expect(await migrate(url.href)).toEqual([]);
  expect(await migrate(url.href, { ownerUrl })).toEqual([]);
});

describe('cannot', () => {
  it.each([
    `update promotions set reason = 'another'`,
    'delete from promotions',
    'truncate promotions cascade',
    `update audit_entries set actor = 'nobody'`,
    'delete from audit_entries',
    'truncate audit_entries',
    'delete from promotion_requests',
    `update promotion_requests set reason = 'another'`,
    `update model_versions set model_sha256 = manifest_sha256`,
    'alter table promotions disable trigger all',
    'alter table promotions disable trigger promotions_are_kept',
    'drop trigger promotions_are_kept on promotions',
    'drop table promotions cascade',
    'alter table promotions rename to others',
    `create or replace function refuse_change() returns trigger language plpgsql as 'begin return new; end'`,
    'drop function refuse_change() cascade',
    'create rule lies as on insert to promotions do instead nothing',
    'create table public.promotions2 (id int)',
    'set session_replication_role = replica',
    'set role postgres',
    `set role "trainyard"`,
    `grant ${user} to trainyard; alter role ${user} createrole`,
    'alter role current_user superuser',
    `update pg_trigger set tgenabled = 'D'`,
    'delete from _prisma_migrations',
    `copy promotions from program 'true'`,
  ])('%s', async (statement) => {
    const before = await historyOf();
    expect(before).not.toEqual([]);
    await expect(client.query(statement)).rejects.toThrow(
      /permission denied|must be owner|only added to|does not exist|must be able to SET ROLE/,
    );
    expect(await historyOf()).toEqual(before);
  });
});

it('is not made without a password', async () => {
  const nameless = new URL(url);
  nameless.username = 'somebody_else';
  nameless.password = '';
  await expect(migrate(nameless.href, { ownerUrl })).rejects.toMatchObject({ code: 'invalid_request' });
});

const historyOf = () => ownersDb.promotion.findMany({ include: { request: true } });
