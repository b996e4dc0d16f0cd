import { afterAll } from 'vitest';
import { findS3 } from '../minio.js';
import { testRedis } from '../redis.js';

/** Redis, and S3 where one can be had, of the spec file's own; `environment` points processes to them. */
export async function testServices() {
  const redis = await testRedis();
  const s3 = await findS3()?.();
  if (!s3) return { redis, hasS3: false, environment: { REDIS_URL: redis.url } };
  afterAll(s3.stop);
  const { endpoint, accessKey, secretKey, region } = s3.settings;
  const objects = {
    S3_ENDPOINT: endpoint,
    S3_ACCESS_KEY: accessKey,
    S3_SECRET_KEY: secretKey,
    S3_REGION: region,
  };
  return { redis, hasS3: true, environment: { REDIS_URL: redis.url, ...objects } };
}
