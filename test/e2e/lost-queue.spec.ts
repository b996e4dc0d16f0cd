import { describe, expect, it } from 'vitest';
import { bullQueues, emptyQueues } from '../bull-queues.js';
import { expectPromotedOnce } from './expect-promoted-once.js';
import { isTraining, longRun } from './long-run.js';
import { smallRun } from './small-series.js';
import { testStack } from './stack.js';

const stack = await testStack();
const { client, databaseUrl, testWorker } = stack;

const queues = bullQueues(databaseUrl);
const empty = () => emptyQueues(queues);
const jobs = async () =>
  (
    await Promise.all(
      queues.map((queue) => queue.getJobCountByTypes('waiting', 'prioritized', 'active', 'delayed')),
    )
  ).reduce((sum, count) => sum + count, 0);

describe('a queue in PostgreSQL that loses everything', () => {
  it('costs a run that waits nothing but time', async () => {
    const id = await client.trigger({ ...smallRun, identifier: 'waiting' });
    expect(await jobs()).toBe(1);
    await empty();
    expect(await jobs()).toBe(0);
    await testWorker();
    await expectPromotedOnce(stack, await client.ended(id));
  });

  it('costs a run that is worked on nothing but time', async () => {
    await testWorker();
    const id = await client.trigger({ ...longRun, identifier: 'at-work' });
    await client.when(id, 'it trains', isTraining);
    await empty();
    await expectPromotedOnce(stack, await client.ended(id));
  });
});
