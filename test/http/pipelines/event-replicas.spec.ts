import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { testApp } from '../../app.js';
import { say } from '../../factories/log-lines.js';
import { newSelftest } from '../../factories/run.js';
import { eventually } from '../../integration/eventually.js';
import { type EventReader, readEvents } from '../event-reader.js';

// Gateways on one database; what happens is written by none of them.
const one = await testApp();
const other = await testApp({ databaseUrl: one.databaseUrl });
const stopping = await testApp({ databaseUrl: one.databaseUrl });
const { db } = one;
const writers = ['left', 'middle', 'right'] as const;

const numbers = ({ events }: EventReader) => events.flatMap(({ id }) => (id === undefined ? [] : [id]));

it('loses and repeats nothing for a reader that comes back twenty times while several write', async () => {
  const run = await newSelftest(db);
  await run.succeed('first');
  const writing = new AbortController();
  const write = async (step: (typeof writers)[number]) => {
    let attempt = await run.claim(step);
    for (let i = 0; !writing.signal.aborted; i++) {
      const lines = Array.from(
        { length: 1 + Math.floor(Math.random() * 5) },
        (_, line) => `${step} ${i}.${line}`,
      );
      await say(db, attempt.lease, ...lines);
      // Changes of state come from other transactions than lines, through the same counter.
      if (i % 20 === 19) {
        await attempt.giveBack();
        attempt = await run.claim(step);
      }
      await delay(Math.random() * 5);
    }
    await attempt.succeed();
  };
  const written = Promise.all(writers.map(write));

  const seen: number[] = [];
  let [visits, withEvents] = [0, 0];
  for (; visits < 20; visits++) {
    const reader = await readEvents(visits % 2 === 0 ? one.url : other.url, run.id, {
      headers: seen.length > 0 ? { 'last-event-id': String(seen.at(-1)) } : {},
    });
    await delay(Math.random() * 120);
    reader.leave();
    // What had arrived by now is what a browser has shown, and the id that it comes back with.
    const shown = numbers(reader);
    if (shown.length > 0) withEvents += 1;
    seen.push(...shown);
  }
  writing.abort();
  await written;
  await run.succeed('join', 'last');
  const last = await readEvents(other.url, run.id, { headers: { 'last-event-id': String(seen.at(-1)) } });
  await last.ended;
  seen.push(...numbers(last));

  const { last_event } = await run.row();
  expect(seen).toEqual(Array.from({ length: last_event }, (_, index) => index + 1));
  expect(withEvents, 'visits that saw something').toBeGreaterThan(10);
  const rows = await db.runEvent.count({ where: { run_id: run.id } });
  const changes = await db.stateChange.count({ where: { run_id: run.id } });
  expect(rows + changes).toBe(last_event);
});

it('shows twenty readers at both the same', async () => {
  const run = await newSelftest(db);
  const readers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => readEvents(index % 2 === 0 ? one.url : other.url, run.id)),
  );
  const attempt = await run.claim('first');
  for (let i = 0; i < 50; i++) await say(db, attempt.lease, `line ${i}`);
  await attempt.fail({ permanent: true });
  await Promise.all(readers.map(({ ended }) => ended));
  const { last_event } = await run.row();
  const all = Array.from({ length: last_event }, (_, index) => index + 1);
  for (const reader of readers) expect(numbers(reader)).toEqual(all);
});

it('ends its streams when a gateway stops, and they go on at the other', async () => {
  const run = await newSelftest(db);
  const reader = await readEvents(stopping.url, run.id);
  const stuck = await readEvents(stopping.url, run.id);
  stuck.pause();
  const attempt = await run.claim('first');
  // More than a socket holds: the paused one cannot be told that it is over.
  for (let i = 0; i < 10; i++)
    await say(db, attempt.lease, ...Array.from({ length: 500 }, () => 'x'.repeat(3_900)));
  await eventually('all of it has come', async () => numbers(reader).at(-1) === (await run.row()).last_event);
  const began = performance.now();
  await stopping.app.close();
  expect(performance.now() - began).toBeLessThan(2_000);
  await reader.ended;
  expect(reader.events.some(({ event }) => event === 'end')).toBe(false);

  const again = await readEvents(other.url, run.id, {
    headers: { 'last-event-id': String(numbers(reader).at(-1)) },
  });
  await attempt.fail({ permanent: true });
  await again.ended;
  const { last_event } = await run.row();
  expect([...numbers(reader), ...numbers(again)]).toEqual(
    Array.from({ length: last_event }, (_, index) => index + 1),
  );
});
