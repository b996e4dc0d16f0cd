import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import type { QueueSettings } from '../../src/platform/queue/queue-settings.js';
import { openStepQueues } from '../../src/platform/queue/step-queues.js';
import { startStepWorker } from '../../src/platform/queue/step-worker.js';
import { testDatabase } from '../database.js';
import { testRedis } from '../redis.js';
import { eventually } from './eventually.js';

const { db, url: databaseUrl } = await testDatabase();
const { url: redisUrl } = await testRedis();
const redis = new Redis(redisUrl);
afterAll(() => redis.disconnect());
const kind = 'preprocess';

/** A queue that has a job and hands none out: what it would have to write for that, it cannot. */
const backends: [string, QueueSettings, { refuse(): Promise<unknown>; allow(): Promise<unknown> }][] = [
  [
    'PostgreSQL',
    { databaseUrl },
    {
      async refuse() {
        await db.$executeRaw`
          create function refuse() returns trigger language plpgsql
          as $$ begin raise exception 'refused' using errcode = '53100'; end $$`;
        await db.$executeRaw`create trigger refuse before update on bullmq.job execute function refuse()`;
      },
      allow: () => db.$executeRaw`drop trigger refuse on bullmq.job`,
    },
  ],
  [
    'Redis',
    { databaseUrl, redisUrl },
    {
      refuse: () => redis.config('SET', 'maxmemory', '1'),
      allow: () => redis.config('SET', 'maxmemory', '0'),
    },
  ],
];

it.each(backends)(
  'a worker that %s refuses the next job asks again about once a second, and gets it when it can be had',
  async (_, settings, queue) => {
    const queues = await openStepQueues(settings, [kind], () => {});
    await queues.add([{ kind, id: 'a.b.1', payload: {}, priority: 0, delayMs: 0 }]);
    await queue.refuse();
    const errors: Error[] = [];
    const payloads: unknown[] = [];
    const worker = await startStepWorker(
      { ...settings, kind, concurrency: 2, onError: (error) => errors.push(error) },
      async (payload) => void payloads.push(payload),
    );
    onTestFinished(async () => {
      await worker.close();
      await queues.close();
    });
    await eventually('it is refused', () => errors.length > 0);
    // Time has to pass here: what is counted is what happens in it.
    await delay(2_500);
    expect(errors.length).toBeGreaterThan(1);
    expect(errors.length).toBeLessThan(12);
    expect(payloads).toEqual([]);
    await queue.allow();
    await eventually('it has the job', () => payloads.length === 1);
  },
);
