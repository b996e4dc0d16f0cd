import { expect, it } from 'vitest';
import { breakableProxy } from '../breakable-proxy.js';
import { testRedis } from '../redis.js';
import { expectPromotedOnce } from './expect-promoted-once.js';
import { isTraining, longRun } from './long-run.js';
import { testStack } from './stack.js';
import { until } from './until.js';
import { whileAway } from './while-away.js';

const proxy = await breakableProxy(new URL((await testRedis()).url));
const stack = await testStack({ environment: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` } });
const { client, testWorker } = stack;

it('Redis that is away costs runs nothing but time: what trains goes on, what is asked for begins afterwards', async () => {
  await testWorker();
  const id = await client.trigger({ ...longRun, identifier: 'redis-away' });
  await client.when(id, 'it trains', isTraining);
  let asked = '';
  await whileAway(proxy, async () => {
    asked = await client.trigger({ identifier: 'asked-meanwhile' }, 'selftest');
    const answer = await until('the gateway says so', async () => {
      const ready = await client.call('/health/ready');
      return ready.status === 503 ? ready : undefined;
    });
    expect(answer.text).toContain('queue');
  });
  await expectPromotedOnce(stack, await client.ended(id));
  expect((await client.ended(asked)).state).toBe('SUCCEEDED');
  await until('the gateway is ready', async () => (await client.call('/health/ready')).status === 200);
});

it('Redis that falls silent keeps nobody waiting: what is asked for is accepted, and begins afterwards', async () => {
  await testWorker();
  proxy.freeze();
  const began = performance.now();
  const id = await client.trigger({ identifier: 'asked-in-silence' }, 'selftest');
  expect(performance.now() - began).toBeLessThan(20_000);
  expect((await client.run(id)).state).toBe('PENDING');
  await proxy.cut();
  await proxy.restore();
  expect((await client.ended(id)).state).toBe('SUCCEEDED');
});
