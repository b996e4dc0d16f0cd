import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/contracts/problem.js';
import { retryLimits } from '../../src/engine/retry-policy.js';
import { howToGetSmallDisk, smallDisk } from '../small-disk.js';
import { expectPromotedOnce } from './expect-promoted-once.js';
import { smallRun, smallSeries } from './small-series.js';
import { testStack } from './stack.js';

const disk = smallDisk(8);
if (!disk) {
  describe.skip(`an object store whose disk is full (skipped: ${howToGetSmallDisk})`, () => {
    it('costs runs nothing but time', () => expect.fail('there is no small disk'));
  });
} else {
  const stack = await testStack({ environment: { TRAINYARD_HOME: disk.folder, S3_ENDPOINT: '' } });
  const { client, testWorker } = stack;
  const temporary = () => readdirSync(path.join(disk.folder, 'objects', '.tmp'));

  /** Not by the client, which asks again when its connection breaks off: a refusal must reach whoever still sends. */
  async function expectRefused(key: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const answer = await fetch(`${client.url()}/objects/dataset/${key}`, { method: 'PUT', body });
    const problem = Problem.parse(await answer.json());
    expect(problem).toMatchObject({ status: 503, type: 'urn:trainyard:problem:unavailable' });
    expect(problem.detail).toContain('its disk is full; free some space');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(temporary()).toEqual([]);
  }

  it('a body that does not fit is refused, and leaves nothing', async () => {
    await expectRefused('large.bin', new Uint8Array(20 * 1024 * 1024));
    expect((await client.call('/objects/dataset/large.bin')).status).toBe(404);
  });

  it('a full disk costs runs nothing but time: they try until there is space, and need no restart', async () => {
    await testWorker();
    disk.fill();
    await expectRefused('new.csv', 'time,level\n');
    expect((await client.call('/objects/dataset/new.csv')).status).toBe(404);
    await expectRefused('small.csv', 'something else');
    expect((await client.call('/objects/dataset/small.csv')).text).toBe(smallSeries());

    const id = await client.trigger({ ...smallRun, identifier: 'full-disk' });
    const waiting = await client.when(
      id,
      'its first step met the full disk more often than it may fail',
      ({ steps }) => steps[0]!.attempts.length > retryLimits.failures + 1,
    );
    for (const { outcome, error } of waiting.steps[0]!.attempts.slice(0, -1)) {
      expect({ outcome, error }).toMatchObject({ outcome: 'FAILED', error: { code: 'unavailable' } });
      expect(error?.message).toContain('its disk is full; free some space');
    }
    expect(temporary()).toEqual([]);

    disk.free();
    await expectPromotedOnce(stack, await client.ended(id));
    expect(temporary()).toEqual([]);
    await client.upload('new.csv', smallSeries());
  });
}
