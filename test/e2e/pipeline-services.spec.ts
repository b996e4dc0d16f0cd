import { describe, expect, it } from 'vitest';
import { howToGetMinio } from '../minio.js';
import { describePipeline } from './describe-pipeline.js';
import { expectPromotedOnce } from './expect-promoted-once.js';
import { testServices } from './services.js';
import { smallRun } from './small-series.js';
import { testStack } from './stack.js';

const { redis, hasS3, environment } = await testServices();
const stack = await testStack({ environment });

const worker = await stack.startWorker();

describePipeline(hasS3 ? 'S3 and Redis' : 'files and Redis', stack);

if (!hasS3) {
  describe.skip(`S3 (skipped: ${howToGetMinio})`, () => {
    it('serves the pipeline', () => expect.fail(howToGetMinio));
  });
}

describe('a Redis that loses everything', () => {
  const { client } = stack;
  it('costs a run that is being worked on nothing but time', async () => {
    const id = await client.trigger({ ...smallRun, epochs: 300, identifier: 'flushed-at-work' });
    await client.when(id, 'it trains', ({ steps }) =>
      steps.some(({ kind, state }) => kind === 'train' && state === 'RUNNING'),
    );
    await redis.flush();
    await expectPromotedOnce(stack, await client.ended(id));
  });

  it('costs a run that waits nothing but time', async () => {
    await worker.kill();
    const id = await client.trigger({ ...smallRun, identifier: 'flushed-waiting' });
    await redis.flush();
    await stack.startWorker();
    await expectPromotedOnce(stack, await client.ended(id));
  });
});
