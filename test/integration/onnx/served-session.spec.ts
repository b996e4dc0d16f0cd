import { expect, it, onTestFinished } from 'vitest';
import { processHost } from '../../../src/platform/onnx/process-host.js';
import { ServedSession } from '../../../src/platform/onnx/served-session.js';
import type { StartHost } from '../../../src/platform/onnx/session-host.js';
import { threadHost } from '../../../src/platform/onnx/thread-host.js';
import { slowModel } from '../../../bench/predict/slow-model.js';
import { greedyModel, lookupModel, nextModel } from '../../factories/small-models.js';

const limit = 512 * 1_048_576;
/** Numbers that a gigabyte holds four times. */
const tooMany = 1_000_000_000n;

async function served(host: StartHost, { maxRows = 64, hungAfterMs = 10_000 } = {}) {
  const batches: number[] = [];
  let restarts = 0;
  const observer = {
    run: () => {},
    batch: (rows: number) => void batches.push(rows),
    restart: () => void restarts++,
  };
  const session = await ServedSession.load(host, { maxRows, hungAfterMs, observer });
  onTestFinished(() => session.stop());
  const run = (data: Float64Array | BigInt64Array, deadline = Infinity) => {
    const rows = data instanceof Float64Array ? data.length / 2 : data.length;
    const inputs = [{ shape: [rows, data.length / rows], data }];
    return session.run({ inputs, rows, deadline }).then(([y]) => y?.data);
  };
  return { session, run, batches, restarts: () => restarts };
}

it('runs together what gathered, and gives everybody their own rows', async () => {
  const { run, batches } = await served(threadHost({ model: nextModel(), manifest: null }));
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => run(Float64Array.from({ length: 2 + 2 * (i % 3) }, () => i))),
  );
  answers.forEach((data, i) => {
    expect(data).toEqual(Float64Array.from({ length: 2 + 2 * (i % 3) }, () => i + 1));
  });
  expect(batches[0]).toBe(1);
  expect(Math.max(...batches)).toBeGreaterThan(32);
  expect(Math.max(...batches)).toBeLessThanOrEqual(64);
});

it('fails only the request that the model cannot run, not those of its batch', async () => {
  const { run, batches } = await served(threadHost({ model: lookupModel(), manifest: null }));
  const answers = [[0n], [1n], [2n, 9n], [3n, 2n]].map((x) => run(BigInt64Array.from(x)));
  await expect(answers[2]).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringMatching(/does not run these inputs: .*out of/s) as string,
  });
  expect(await Promise.all([answers[0], answers[1], answers[3]])).toEqual(
    [[0n], [10n], [30n, 20n]].map((y) => BigInt64Array.from(y)),
  );
  // The first alone; then all three others together, which failed; then each of them.
  expect(batches).toEqual([1, 1, 2]);
});

it('a request that ends the process of its model fails alone: its neighbours in the batch are answered', async () => {
  const { run, restarts } = await served(processHost({ model: greedyModel(), manifest: null }, limit));
  const first = run(BigInt64Array.of(0n));
  const answers = [run(BigInt64Array.of(0n)), run(BigInt64Array.of(tooMany)), run(BigInt64Array.of(0n, 0n))];
  await expect(answers[1]).rejects.toMatchObject({ code: 'unprocessable' });
  expect(await first).toEqual(BigInt64Array.of(0n));
  expect(await answers[0]).toEqual(BigInt64Array.of(0n));
  expect(await answers[2]).toEqual(BigInt64Array.of(0n, 0n));
  expect(restarts()).toBe(2);
});

it('answers at the deadline while the model still runs, and shows that it hangs until it does not', async () => {
  const { session, run } = await served(threadHost({ model: slowModel(), manifest: null }), {
    hungAfterMs: 50,
  });
  await expect(run(BigInt64Array.of(50n), performance.now() + 20)).rejects.toMatchObject({
    code: 'deadline_exceeded',
  });
  await expect
    .poll(() => session.hung, { interval: 5, timeout: 20_000 })
    .toMatch(/one batch has been running for/);
  await expect.poll(() => session.hung, { timeout: 30_000 }).toBeUndefined();
  expect(await run(BigInt64Array.of(1n))).toEqual(BigInt64Array.of(1n));
});

it('stops after what was asked for is answered, and takes no more', async () => {
  const { session, run } = await served(threadHost({ model: nextModel(), manifest: null }), { maxRows: 2 });
  const answers = Array.from({ length: 9 }, (_, i) => run(Float64Array.of(i, i)));
  const stopped = session.stop();
  await expect(run(Float64Array.of(1, 1))).rejects.toMatchObject({
    code: 'unavailable',
    retryAfterSeconds: 1,
  });
  await stopped;
  expect((await Promise.all(answers)).map((data) => data?.[0])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
