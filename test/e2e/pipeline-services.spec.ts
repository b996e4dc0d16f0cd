import { afterAll, describe, expect, it } from 'vitest';
import { findS3, howToGetMinio } from '../minio.js';
import { testRedis } from '../redis.js';
import { describePipeline } from './describe-pipeline.js';
import { expectPromotedOnce } from './expect-promoted-once.js';
import { smallRun } from './small-series.js';
import { testStack } from './stack.js';

const redis = await testRedis();
const start = findS3();
const s3 = await start?.();
afterAll(() => s3?.stop());
const objects: Record<string, string> = s3
  ? {
      S3_ENDPOINT: s3.settings.endpoint,
      S3_ACCESS_KEY: s3.settings.accessKey,
      S3_SECRET_KEY: s3.settings.secretKey,
      S3_REGION: s3.settings.region,
    }
  : {};
const stack = await testStack({ environment: { REDIS_URL: redis.url, ...objects } });

const worker = await stack.startWorker();

describePipeline(s3 ? 'S3 and Redis' : 'files and Redis', stack);

if (!s3) {
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
