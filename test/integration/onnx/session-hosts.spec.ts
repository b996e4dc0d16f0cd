import { expect, it, onTestFinished } from 'vitest';
import { HostConnection } from '../../../src/platform/onnx/host-connection.js';
import { processHost } from '../../../src/platform/onnx/process-host.js';
import { threadHost } from '../../../src/platform/onnx/thread-host.js';
import { describeSessionHost } from '../../conformance/session-host.js';
import { slowModel } from '../../../bench/predict/slow-model.js';
import { greedyModel } from '../../factories/small-models.js';

const GiB = 1_073_741_824;

describeSessionHost('a thread', threadHost);
describeSessionHost('a process', (start) => processHost(start, GiB));

const row = (value: bigint) => [{ shape: [1, 1], data: BigInt64Array.of(value) }];

it('a process that takes more memory than it may is ended, and says so', async () => {
  const connection = await HostConnection.open(
    processHost({ model: greedyModel(), manifest: null }, GiB / 2),
  );
  expect((await connection.run(row(0n)))[0]?.data).toEqual(BigInt64Array.of(0n));
  await expect(connection.run(row(1_000_000_000n))).rejects.toMatchObject({
    code: 'unprocessable',
    message: expect.stringMatching(
      /process ended \(SIGKILL\): it took \d+ MiB of 512 MiB while it ran/,
    ) as string,
  });
  expect(connection.alive).toBe(false);
});

it('a process is killed inside native code, and whoever waits hears of it', async () => {
  const connection = await HostConnection.open(processHost({ model: slowModel(), manifest: null }, 8 * GiB));
  onTestFinished(() => connection.close());
  const answer = connection.run(row(500n)).catch((error: unknown) => error);
  connection.kill();
  expect(await answer).toMatchObject({
    code: 'unprocessable',
    message: expect.stringContaining('SIGKILL') as string,
  });
});
