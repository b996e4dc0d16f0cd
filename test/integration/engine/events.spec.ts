import { expect, it } from 'vitest';
import type { LogLine } from '../../../src/contracts/log-line.js';
import { type AttemptEvent, resumeEvents, writeEvents } from '../../../src/engine/write-events.js';
import { readEvents } from '../../../src/engine/read-events.js';
import { testDatabase } from '../../database.js';
import { newRun, newSelftest, type TestRun } from '../../factories/run.js';
import { holdRun, openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();

const line = (place: number, message = `line ${place}`): AttemptEvent => ({
  kind: 'log',
  place,
  age: 0,
  data: { level: 'info', message },
});
const linesOf = async (run: TestRun, step: string) => {
  const rows = await db.runEvent.findMany({
    where: { run_id: run.id, step, kind: 'log' },
    orderBy: { number: 'asc' },
  });
  return rows.map(({ data }) => data as unknown as LogLine & { place?: number });
};
const said = async (run: TestRun, step: string) =>
  (await linesOf(run, step)).filter(({ place }) => place !== undefined).map(({ message }) => message);
const allEvents = async (run: TestRun) => (await readEvents(db, run.id, 0, 10_000))?.events ?? [];

it('says when an attempt starts and how it ends, with worker, error and what comes next', async () => {
  const run = await newRun(db);
  await (await run.claim('preprocess', 'host:7')).fail({ message: 'the disk is full', where: 'series.csv' });
  await (await run.claim('preprocess')).crash();
  await (await run.claim('preprocess')).giveBack();
  await (await run.claim('preprocess')).fail({ code: 'invalid_data', message: 'no rows', permanent: true });
  const seconds = /after \d+\.\d s/;
  const texts = (await linesOf(run, 'preprocess')).map(
    ({ level, message }) =>
      `${level} ${message.replace(seconds, 'after … s').replace(/in \d+ ms/, 'in … ms')}`,
  );
  expect(texts).toEqual([
    'info attempt 1 started on host:7',
    'warn attempt 1 failed after … s: internal: the disk is full (series.csv); the next attempt in … ms',
    'info attempt 2 started on worker',
    'warn attempt 2 crashed after … s: crashed: it crashed; the next attempt follows at once',
    'info attempt 3 started on worker',
    'warn attempt 3 was given back after … s: the worker stopped',
    'info attempt 4 started on worker',
    'error attempt 4 failed after … s: invalid_data: no rows; it is not tried again',
  ]);
});

it('numbers lines of several writers and changes of state by one counter, without a gap', async () => {
  const run = await newSelftest(db);
  await run.succeed('first');
  const attempts = await Promise.all(['left', 'middle', 'right'].map((step) => run.claim(step)));
  await Promise.all(
    attempts.map(async (attempt, writer) => {
      for (let place = 1; place <= 40; place += 2)
        await writeEvents(
          db,
          attempt.lease,
          [place, place + 1].map((at) => line(at, `${writer} ${at}`)),
        );
      await attempt.succeed();
    }),
  );
  const events = await allEvents(run);
  expect(events.map(({ data }) => data.number)).toEqual(events.map((_, index) => index + 1));
  expect((await run.row()).last_event).toBe(events.length);
  const places = Array.from({ length: 40 }, (_, index) => index + 1);
  for (const [writer, step] of ['left', 'middle', 'right'].entries())
    expect(await said(run, step)).toEqual(places.map((place) => `${writer} ${place}`));
});

// The run's row before the step's, as everybody takes them: the other way round, these two would wait for each other,
// and `testDatabase` fails a file whose transactions did.
it('waits for who holds the run without holding its step', async () => {
  const run = await newSelftest(db);
  const { lease } = await run.claim('first');
  const held = await holdRun(db, run.id);
  const writing = writeEvents(db, lease, [line(1)]);
  await waiting(db, 1);
  const changed = await db.$transaction(async (tx) => {
    await tx.$executeRaw`set local lock_timeout = '1s'`;
    return tx.$executeRaw`update steps set cache_key = 'free' where run_id = ${run.id}::uuid and name = 'first'`;
  });
  expect(changed).toBe(1);
  await held.commit();
  expect(await writing).toBe(true);
});

it('writes nothing twice when the answer to a write was lost', async () => {
  const run = await newSelftest(db);
  const { lease } = await run.claim('first');
  const batch = [line(1), line(2)];
  await writeEvents(db, lease, batch);
  expect(await resumeEvents(db, lease, batch)).toBe(true);
  expect(await said(run, 'first')).toEqual(['line 1', 'line 2']);
  expect(await resumeEvents(db, lease, [...batch, line(3)])).toBe(true);
  expect(await said(run, 'first')).toEqual(['line 1', 'line 2', 'line 3']);
});

it('writes nothing twice either while the lost write is still on its way to its commit', async () => {
  const run = await newSelftest(db);
  const { lease } = await run.claim('first');
  const lost = await openTransaction(db, (tx) => writeEvents(tx, lease, [line(1)]));
  const again = resumeEvents(db, lease, [line(1), line(2)]);
  await waiting(db, 1);
  await lost.commit();
  await again;
  expect(await said(run, 'first')).toEqual(['line 1', 'line 2']);
});

it('dates a line by when it was said, by the clock of the database', async () => {
  const run = await newSelftest(db);
  const { lease } = await run.claim('first');
  await writeEvents(db, lease, [{ ...line(1), age: 60_000 }]);
  const [row] = await db.$queryRaw<{ seconds: number }[]>`
    select extract(epoch from clock_timestamp() - at)::float8 as seconds from run_events
    where run_id = ${run.id}::uuid and data ? 'place'`;
  expect(row?.seconds).toBeGreaterThanOrEqual(60);
  expect(row?.seconds).toBeLessThan(70);
});

it('reads pages that follow each other, with what is true at the moment of the last', async () => {
  const run = await newSelftest(db);
  await run.succeed('first', 'left', 'middle', 'right', 'join', 'last');
  const { last_event } = await run.row();
  const seen: number[] = [];
  for (let after = 0; after < last_event; after = seen.at(-1)!) {
    const page = (await readEvents(db, run.id, after, 3))!;
    expect(page).toMatchObject({ state: 'SUCCEEDED', last_event, progress: [] });
    seen.push(...page.events.map(({ data }) => data.number));
  }
  expect(seen).toEqual(Array.from({ length: last_event }, (_, index) => index + 1));
});
