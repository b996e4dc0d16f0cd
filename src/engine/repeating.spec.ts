import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { repeating } from './repeating.js';

const AN_HOUR = 3_600_000;
const onError = (error: unknown) => {
  throw error;
};

it('takes its first turn at once, and the next one when woken', async () => {
  let turns = 0;
  const loop = repeating(async () => void turns++, { intervalMs: AN_HOUR, onError });
  await expect.poll(() => turns).toBe(1);
  loop.wake();
  await expect.poll(() => turns).toBe(2);
  await loop.stop();
});

it('waits before the first turn when told to, and a stop ends that wait', async () => {
  let turns = 0;
  const loop = repeating(async () => void turns++, {
    intervalMs: AN_HOUR,
    waitsFirst: true,
    onError,
  });
  await loop.stop();
  expect(turns).toBe(0);
});

it('loses no wake that comes during a turn, and never takes two turns at a time', async () => {
  let turns = 0;
  let running = 0;
  const gate = new AbortController();
  const opened = once(gate.signal, 'abort');
  const loop = repeating(
    async () => {
      turns++;
      expect(++running).toBe(1);
      await opened;
      running--;
    },
    { intervalMs: AN_HOUR, onError },
  );
  loop.wake();
  gate.abort();
  await expect.poll(() => turns).toBe(2);
  await loop.stop();
});

it('goes on after a turn that failed, and tells of it', async () => {
  const errors: unknown[] = [];
  const loop = repeating(() => Promise.reject(new Error('away')), {
    intervalMs: 1,
    onError: (error) => errors.push(error),
  });
  await expect.poll(() => errors.length).toBeGreaterThan(1);
  await loop.stop();
  const told = errors.length;
  await delay(20);
  expect(errors).toHaveLength(told);
});
