import { afterAll, describe, expect, it } from 'vitest';
import { buckets, promotionKeys } from '../../src/contracts/object-keys.js';
import { Problem } from '../../src/contracts/problem.js';
import { breakableProxy } from '../breakable-proxy.js';
import { findS3, howToGetMinio } from '../minio.js';
import { isTraining, longRun } from './long-run.js';
import { smallSeries } from './small-series.js';
import { testStack } from './stack.js';
import { until } from './until.js';
import { whileAway } from './while-away.js';

const startS3 = findS3();
if (!startS3) {
  describe.skip(`an object store that is away (skipped: ${howToGetMinio})`, () => {
    it('costs runs nothing but time', () => expect.fail('there is no S3'));
  });
} else {
  const s3 = await startS3();
  afterAll(s3.stop);
  const proxy = await breakableProxy(new URL(s3.settings.endpoint));
  const { accessKey, secretKey, region } = s3.settings;
  const { client, db, testWorker } = await testStack({
    environment: {
      S3_ENDPOINT: `http://127.0.0.1:${proxy.port}`,
      S3_ACCESS_KEY: accessKey,
      S3_SECRET_KEY: secretKey,
      S3_REGION: region,
    },
  });

  it('an object store that is away costs runs nothing but time, and is named in what is answered meanwhile', async () => {
    await testWorker();
    const identifier = 'store-away';
    const id = await client.trigger({ ...longRun, identifier });
    await client.when(id, 'it trains', isTraining);
    await whileAway(proxy, async () => {
      const ready = await client.call('/health/ready');
      expect(ready.status).toBe(503);
      expect(ready.text).toContain('objects');
      const answer = await client.call('/objects/dataset/small.csv');
      expect(answer.status).toBe(503);
      expect(Problem.parse(JSON.parse(answer.text)).detail).toContain('object store');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    });
    const run = await client.ended(id);
    expect(run.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(
      run.steps.map(({ name }) => `${name} SUCCEEDED`),
    );
    expect(await db.promotion.count({ where: { identifier } })).toBe(1);
    const pointer = `/objects/${buckets.promotion}/${promotionKeys.identifier(identifier)}`;
    await until('the pointer is written', async () => (await client.call(pointer)).status === 200);
    await client.upload('again.csv', smallSeries());
  });
}
