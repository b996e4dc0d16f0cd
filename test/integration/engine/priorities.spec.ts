import { describe, expect, it, onTestFinished } from 'vitest';
import { dispatchForgotten } from '../../../src/engine/dispatch.js';
import { openStepQueues } from '../../../src/platform/queue/step-queues.js';
import { startStepWorker } from '../../../src/platform/queue/step-worker.js';
import { testDatabase } from '../../database.js';
import { newSelftest } from '../../factories/run.js';
import { recordedQueues } from '../../recorded-queues.js';
import { testRedis } from '../../redis.js';
import { eventually } from '../eventually.js';

const { db, url: databaseUrl } = await testDatabase();
const redis = await testRedis();

describe.each([
  { name: 'PostgreSQL', settings: { databaseUrl } },
  { name: 'Redis', settings: { databaseUrl, redisUrl: redis.url } },
])('a queue in $name', ({ settings }) => {
  it('gives the job of the highest priority first, and of the same priority the oldest', async () => {
    const errors: Error[] = [];
    const queues = await openStepQueues(settings, ['train'], (error) => errors.push(error));
    onTestFinished(() => queues.close());
    const priorities = [0, -100, 100, 0, 7, -1, 100, 0];
    await queues.add(
      priorities.map((priority, n) => ({
        kind: 'train',
        id: `job-${n}`,
        payload: { job: `${priority} #${n}` },
        priority,
        delayMs: 0,
      })),
    );
    expect(await queues.depths()).toEqual({ train: 8 });
    const taken: unknown[] = [];
    const worker = await startStepWorker(
      { ...settings, kind: 'train', concurrency: 1, onError: (error) => errors.push(error) },
      (payload) => Promise.resolve(void taken.push((payload as { job: string }).job)),
    );
    onTestFinished(() => worker.close());
    await eventually('all jobs are done', () => taken.length === priorities.length);
    expect(taken).toEqual(['100 #2', '100 #6', '7 #4', '0 #0', '0 #3', '0 #7', '-1 #5', '-100 #1']);
    expect(errors).toEqual([]);
  });
});

it('hands over forgotten steps of the highest priority first', async () => {
  const runs = [];
  for (const priority of [0, -5, 20]) runs.push(await newSelftest(db, { priority }));
  const queues = recordedQueues();
  await dispatchForgotten(db, queues);
  expect(queues.jobs.map(({ priority }) => priority)).toEqual([20, 0, -5]);
});
