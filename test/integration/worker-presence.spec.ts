import { expect, it } from 'vitest';
import { beat, type Presence, retireWorker } from '../../src/engine/worker-presence.js';
import { showPresence } from '../../workers/presence.js';
import { testDatabase } from '../database.js';

const { db } = await testDatabase();
const presence = (id: string): Presence => ({
  id,
  host: 'host',
  pid: 17,
  capacity: { train: 2 },
  version: '0.1.0',
});
const row = (id: string) => db.workerProcess.findUnique({ where: { id } });
const fail = (error: unknown) => {
  throw error;
};

it('shows a worker from its start to its end', async () => {
  const shown = await showPresence(db, presence('a'), fail);
  const before = await row('a');
  expect(before).toMatchObject({ host: 'host', pid: 17, capacity: { train: 2 }, stopped_at: null });
  await beat(db, presence('a'));
  expect((await row('a'))!.heartbeat_at.getTime()).toBeGreaterThanOrEqual(before!.heartbeat_at.getTime());
  expect((await row('a'))!.started_at).toEqual(before!.started_at);
  await shown.stop();
  expect((await row('a'))!.stopped_at).not.toBeNull();
});

it('shows a worker that begins under the name of one that has stopped as a new one', async () => {
  await (await showPresence(db, presence('b'), fail)).stop();
  const before = await row('b');
  const shown = await showPresence(db, { ...presence('b'), capacity: { infer: 1 } }, fail);
  const after = await row('b');
  expect(after).toMatchObject({ capacity: { infer: 1 }, stopped_at: null });
  expect(after!.started_at.getTime()).toBeGreaterThan(before!.started_at.getTime());
  await shown.stop();
});

it('forgets workers that nobody has heard of for a day', async () => {
  for (const id of ['old', 'young']) await (await showPresence(db, presence(id), fail)).stop();
  await db.$executeRaw`
    update workers set heartbeat_at = clock_timestamp() - interval '25 hours' where id = 'old'`;
  await db.$executeRaw`
    update workers set heartbeat_at = clock_timestamp() - interval '23 hours' where id = 'young'`;
  await beat(db, presence('c'));
  expect(await row('old')).toBeNull();
  expect(await row('young')).not.toBeNull();
});

it('shows a worker again that was forgotten while it slept', async () => {
  await beat(db, presence('sleeper'));
  expect(await row('sleeper')).toMatchObject({ pid: 17 });
  await retireWorker(db, 'sleeper');
});
