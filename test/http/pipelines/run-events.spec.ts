import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  EndEvent,
  LogEvent,
  MetricsEvent,
  ProgressEvent,
  StateEvent,
} from '../../../src/contracts/run-event.js';
import type { Lease } from '../../../src/engine/lease.js';
import { retryRun } from '../../../src/engine/retry-run.js';
import { saveProgress } from '../../../src/engine/save-progress.js';
import { writeEvents } from '../../../src/engine/write-events.js';
import { FollowedRuns } from '../../../src/features/pipelines/followed-runs.js';
import { testApp } from '../../app.js';
import { caller } from '../../factories/caller.js';
import { say } from '../../factories/log-lines.js';
import { newSelftest, type TestRun } from '../../factories/run.js';
import { eventually } from '../../integration/eventually.js';
import { type EventReader, readEvents } from '../event-reader.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { rawRequest } from '../raw-request.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const heartbeatMs = 200;
const { app, url, db } = await testApp({
  environment: { EVENTS_HEARTBEAT_SECONDS: String(heartbeatMs / 1000) },
});
const steps = ['first', 'left', 'middle', 'right', 'join', 'last'];

const numbers = ({ events }: EventReader) => events.flatMap(({ id }) => (id === undefined ? [] : [id]));
const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, index) => from + index);
const lastEvent = async (run: TestRun) => (await run.row()).last_event;
const followers = () => app.get(FollowedRuns).followers;
const schemas = {
  state: StateEvent,
  log: LogEvent,
  metrics: MetricsEvent,
  progress: ProgressEvent,
  end: EndEvent,
};

describe('the events of a run', () => {
  it('come all, in order and once, and the stream ends with the run', async () => {
    const run = await newSelftest(db);
    const reader = await readEvents(url, run.id);
    expect(reader.status).toBe(200);
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
    await run.succeed(...steps);
    await reader.ended;
    expect(reader.retry).toBe(1_000);
    expect(numbers(reader)).toEqual(upTo(await lastEvent(run)));
    const states = reader.events
      .filter(({ event }) => event === 'state')
      .map(({ data }) => `${(data.step as string | null) ?? 'run'} ${String(data.state)}`);
    expect(states).toEqual(await run.history());
    expect(reader.events.at(-1)).toMatchObject({ event: 'end', id: undefined, data: { state: 'SUCCEEDED' } });
    await eventually('nobody follows', () => followers() === 0);
  });

  it('are what their contracts say: states, lines, metrics and progress', async () => {
    const run = await newSelftest(db);
    const { lease } = await run.claim('first');
    await say(db, lease, 'two\nlines, "quoted": 🚂');
    const points = [
      { key: 'loss', value: 0.5, step: 1, timestamp: 1_700_000_000_000 },
      { key: 'loss', value: 'NaN' as const, step: 2, timestamp: 1_700_000_000_001 },
    ];
    await writeEvents(db, lease, [{ kind: 'metrics', place: 2, age: 0, data: { points } }]);
    const progress = { fraction: 0.25, message: 'epoch 1/4', epoch: 1, epochs: 4, loss: 0.5 };
    await saveProgress(db, lease, progress);
    const reader = await readEvents(url, run.id);
    const latest = await eventually('progress', () =>
      reader.events.find(({ event }) => event === 'progress'),
    );
    expect(latest).toMatchObject({ id: undefined, data: { step: 'first', attempt: 1, progress } });
    for (const { event, data } of reader.events)
      parseAnswer<unknown>(schemas[event as keyof typeof schemas].strict(), { text: JSON.stringify(data) });
    const find = (event: string) => reader.events.findLast((one) => one.event === event)?.data;
    expect(find('log')).toMatchObject({
      step: 'first',
      attempt: 1,
      level: 'info',
      message: 'two\nlines, "quoted": 🚂',
    });
    expect(find('metrics')).toMatchObject({ step: 'first', attempt: 1, points });
  });

  it('show each progress once, the newest of each step at once to who comes later', async () => {
    const run = await newSelftest(db);
    const { lease } = await run.claim('first');
    const reader = await readEvents(url, run.id);
    for (const fraction of [0.1, 0.2, 0.2, 0.3]) {
      await saveProgress(db, lease, { fraction, message: `at ${fraction}` });
      await eventually(`at ${fraction}`, () => JSON.stringify(reader.events).includes(`at ${fraction}`));
    }
    const shown = reader.events.filter(({ event }) => event === 'progress').map(({ data }) => data.progress);
    expect(shown).toMatchObject([{ fraction: 0.1 }, { fraction: 0.2 }, { fraction: 0.3 }]);
    const late = await readEvents(url, run.id, {
      headers: { 'last-event-id': String(await lastEvent(run)) },
    });
    await eventually('the newest', () => late.events.length > 0);
    expect(late.events).toMatchObject([{ event: 'progress', data: { progress: { fraction: 0.3 } } }]);
  });

  it('arrive soon after their commit', async () => {
    const run = await newSelftest(db);
    const { lease } = await run.claim('first');
    const reader = await readEvents(url, run.id);
    await eventually('it has caught up', () => reader.events.length >= 4);
    const delays: number[] = [];
    for (let i = 0; i < 30; i++) {
      await say(db, lease, `line ${i}`);
      const committed = performance.now();
      const arrived = await eventually(`line ${i}`, () =>
        reader.events.find(({ data }) => data.message === `line ${i}`),
      );
      delays.push(arrived.at - committed);
    }
    // Half a second is what the poll alone would need at worst; the news come in some milliseconds.
    expect(delays.toSorted((a, b) => a - b)[15]).toBeLessThan(200);
    expect(Math.max(...delays)).toBeLessThan(1_000);
  });

  it('arrive by the poll when no news come', async () => {
    const run = await newSelftest(db);
    const reader = await readEvents(url, run.id);
    await eventually('it has caught up', () => reader.events.length >= 2);
    await db.$executeRaw`
      with counter as (update pipeline_runs set last_event = last_event + 1 where id = ${run.id}::uuid returning last_event)
      insert into run_events (run_id, number, kind, step, attempt, data)
      select ${run.id}::uuid, last_event, 'log', 'first', 1, '{"level": "info", "message": "unannounced"}' from counter`;
    await eventually('the line', () => reader.events.some(({ data }) => data.message === 'unannounced'));
  });

  it('show a reader that nothing happens to that the connection is alive', async () => {
    const run = await newSelftest(db);
    const reader = await readEvents(url, run.id);
    await eventually('three heartbeats', () => reader.comments.length >= 3);
    expect(new Set(reader.comments)).toEqual(new Set(['heartbeat']));
  });
});

describe('who comes back', () => {
  it('goes on behind the last event it has seen', async () => {
    const run = await newSelftest(db);
    await run.succeed(...steps);
    const last = await lastEvent(run);
    for (const seen of [0, 1, Math.floor(last / 2), last - 1, last]) {
      const byHeader = await readEvents(url, run.id, { headers: { 'last-event-id': String(seen) } });
      const byQuery = await readEvents(url, run.id, { query: `?last_event_id=${seen}` });
      for (const reader of [byHeader, byQuery]) {
        await reader.ended;
        expect(numbers(reader)).toEqual(upTo(last, seen + 1));
        expect(reader.events.at(-1)?.event).toBe('end');
      }
    }
  });

  it('is asked by its header before its URL, which a browser sends again as it was', async () => {
    const run = await newSelftest(db);
    await run.succeed(...steps);
    const last = await lastEvent(run);
    const reader = await readEvents(url, run.id, {
      headers: { 'last-event-id': String(last - 1) },
      query: '?last_event_id=2',
    });
    await reader.ended;
    expect(numbers(reader)).toEqual([last]);
  });

  it('is shown what follows when it has seen more than there is', async () => {
    const run = await newSelftest(db);
    const reader = await readEvents(url, run.id, { headers: { 'last-event-id': '999999999999999' } });
    await eventually('it has caught up', () => reader.comments.length > 0);
    const before = await lastEvent(run);
    await run.succeed(...steps);
    await reader.ended;
    expect(numbers(reader)).toEqual(upTo(await lastEvent(run), before + 1));
  });

  it('can follow a run that is retried from where it ended', async () => {
    const run = await newSelftest(db);
    await run.fail('first');
    const ended = await readEvents(url, run.id);
    await ended.ended;
    expect(ended.events.at(-1)).toMatchObject({ event: 'end', data: { state: 'FAILED' } });
    const seen = numbers(ended).at(-1)!;
    await retryRun(db, run.id, caller('tester'));
    const again = await readEvents(url, run.id, { headers: { 'last-event-id': String(seen) } });
    await run.succeed(...steps);
    await again.ended;
    expect(numbers(again)).toEqual(upTo(await lastEvent(run), seen + 1));
    expect(again.events.at(-1)).toMatchObject({ event: 'end', data: { state: 'SUCCEEDED' } });
  });

  it.each(['x', '-1', '1.5', ' ', '1e3', '0x1', '1'.repeat(16), '1, 2', 'null'])(
    'is refused with %j',
    async (id) => {
      const run = await newSelftest(db);
      const path = `/pipeline-runs/${run.id}/events`;
      const byHeader = await rawRequest(url, path, { headers: { 'last-event-id': id } });
      // A header of white space is an empty one by the time it is here.
      expect(expectProblem(byHeader, 400, 'invalid_request').errors).toEqual([
        { path: 'Last-Event-ID', message: 'must be the id of an event: a whole number' },
      ]);
      const byQuery = await rawRequest(url, `${path}?last_event_id=${encodeURIComponent(id)}`);
      expect(expectProblem(byQuery, 400, 'invalid_request').errors?.[0]?.path).toBe('last_event_id');
    },
  );
});

describe('a stream that is not to be had', () => {
  it('is a problem, not a stream', async () => {
    const id = randomUUID();
    const answer = await rawRequest(url, `/pipeline-runs/${id}/events`);
    expect(expectProblem(answer, 404, 'not_found').detail).toContain(id);
    expectProblem(await rawRequest(url, '/pipeline-runs/latest/events'), 400, 'invalid_request');
  });

  it('answers HEAD at once, and follows nothing for it', async () => {
    const run = await newSelftest(db);
    const answer = await rawRequest(url, `/pipeline-runs/${run.id}/events`, { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers['content-type']).toContain('text/event-stream');
    const unknown = await rawRequest(url, `/pipeline-runs/${randomUUID()}/events`, { method: 'HEAD' });
    expect(unknown.status).toBe(404);
    await eventually('nobody follows', () => followers() === 0);
  });
});

describe('a reader', () => {
  it('that goes away leaves nothing behind, wherever it was', async () => {
    const run = await newSelftest(db);
    for (let i = 0; i < 20; i++) {
      const reader = await readEvents(url, run.id);
      if (i % 2 === 0) await eventually('something came', () => reader.events.length > 0);
      reader.leave();
    }
    await eventually('nobody follows', () => followers() === 0);
    await run.succeed('first');
    expect(followers()).toBe(0);
  });

  it('that does not read costs a page, not the log, and misses nothing', async () => {
    const message = 'x'.repeat(3_900);
    const write = async (lease: Lease, batches: number) => {
      for (let batch = 0; batch < batches; batch++)
        await say(db, lease, ...Array.from({ length: 40 }, (_, i) => `${batch * 40 + i} ${message}`));
    };
    // What writing and reading such lines takes once and keeps.
    const warm = await newSelftest(db);
    await write((await warm.claim('first')).lease, 40);
    const warmReader = await readEvents(url, warm.id);
    await eventually('it has read all', async () => numbers(warmReader).at(-1) === (await lastEvent(warm)));
    warmReader.leave();

    const run = await newSelftest(db);
    const attempt = await run.claim('first');
    const reader = await readEvents(url, run.id);
    reader.pause();
    const before = settledMemory();
    // 47 MB: far more than the sockets' own buffers hold.
    const batches = 300;
    await write(attempt.lease, batches);
    // Time enough to read all of it, for a gateway that did not wait for its reader.
    await delay(1_000);
    expect(settledMemory() - before).toBeLessThan((batches * 40 * message.length) / 2);
    expect(followers()).toBe(1);
    await attempt.fail({ permanent: true });
    reader.resume();
    await reader.ended;
    expect(numbers(reader)).toEqual(upTo(await lastEvent(run)));
    expect(reader.events.at(-1)?.event).toBe('end');
  });
});

/** Bytes that are in use: buffers and the heap. */
function settledMemory(): number {
  collectGarbage();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}
