import { expect, it } from 'vitest';
import { isLiving, stepProcessesOf } from './process-list.js';
import { smallRun } from './small-series.js';
import { testStack } from './stack.js';

const { client, testWorker } = await testStack({ environment: { STEP_TIMEOUTS: 'train=1,preprocess=60' } });

it('stops an attempt that takes too long, tries it again, and gives up', async () => {
  const worker = await testWorker();
  const id = await client.trigger({ identifier: 'slow', step_ms: 3_000 }, 'selftest');
  await client.when(id, 'a step trains', ({ steps }) =>
    steps.some(({ name, state }) => name === 'left' && state === 'RUNNING'),
  );
  const busy = stepProcessesOf(worker.pid);
  const run = await client.ended(id);
  const left = run.steps.find(({ name }) => name === 'left');
  expect(left?.state).toBe('FAILED');
  expect(left?.error).toMatchObject({ code: 'timeout', permanent: false });
  expect(left?.error?.message).toContain('longer than the 1 s');
  expect(left?.attempts.map(({ outcome }) => outcome)).toEqual(['FAILED', 'FAILED', 'FAILED']);
  for (const { started_at, ended_at } of left?.attempts ?? [])
    expect(ended_at!.getTime() - started_at.getTime()).toBeLessThan(2_900);
  expect(busy.filter(isLiving).length).toBeLessThan(busy.length);
  expect(run.steps.find(({ name }) => name === 'first')?.state).toBe('SUCCEEDED');
});

it('runs what was run before a second time without working it out again', async () => {
  await testWorker({ STEP_TIMEOUTS: '' });
  const first = await client.ended(await client.trigger({ ...smallRun, identifier: 'again' }));
  const second = await client.ended(await client.trigger({ ...smallRun, identifier: 'again' }));
  expect(second.state).toBe('SUCCEEDED');
  const cached = second.steps.filter(({ cached_from_run_id }) => cached_from_run_id === first.id);
  expect(cached.map(({ name }) => name)).toEqual(['preprocess', 'train_lstm', 'train_gru', 'train_prophet']);
  expect(second.promotion_id).not.toBe(first.promotion_id);
});
