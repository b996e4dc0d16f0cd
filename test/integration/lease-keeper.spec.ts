import { afterAll, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/platform/database/database.js';
import { LeaseKeeper, stopReason } from '../../workers/lease-keeper.js';
import { testDatabase } from '../database.js';
import { leaseMs } from '../factories/attempt.js';
import { newSelftest } from '../factories/run.js';
import { breakableProxy } from '../breakable-proxy.js';
import { eventually } from './eventually.js';

const { db, url } = await testDatabase();
const proxy = await breakableProxy(new URL(url));
const behind = new URL(url);
behind.port = String(proxy.port);
const { db: far, close } = openDatabase({ url: behind.href, max: 1 });
// It would wait for the answer that never comes.
afterAll(() => void close().catch(() => {}));
const errors: unknown[] = [];

function keeperOn(database: typeof db, leaseMs: number): LeaseKeeper {
  const keeper = new LeaseKeeper(database, leaseMs, (error) => errors.push(error));
  onTestFinished(() => void keeper.close());
  return keeper;
}

it('stops also the work that begins after everything was stopped', async () => {
  const { lease } = await (await newSelftest(db)).claim('first');
  const keeper = keeperOn(db, 60_000);
  const early = keeper.hold(lease);
  expect(early.signal.aborted).toBe(false);
  keeper.stopAll('shutdown');
  expect(stopReason(early.signal)).toBe('shutdown');
  expect(stopReason(keeper.hold(lease).signal)).toBe('shutdown');
});

it('keeps a lease while the database answers, and gives the work up when it has fallen silent', async () => {
  const run = await newSelftest(db);
  const { lease } = await run.claim('first');
  const held = keeperOn(far, 900).hold(lease);
  await eventually('it was renewed, for less than it was claimed', async () => {
    const { started_at, lease_expires_at } = await run.step('first');
    return lease_expires_at!.getTime() < started_at!.getTime() + leaseMs / 2;
  });
  expect(held.signal.aborted).toBe(false);
  proxy.freeze();
  // The statement under way is answered with nothing, not even an error.
  await eventually('the work was given up', () => held.signal.aborted);
  expect(stopReason(held.signal)).toBe('lost');
  expect(errors).toEqual([]);
});
