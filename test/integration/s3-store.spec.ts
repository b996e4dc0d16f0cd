import { describe, expect, it } from 'vitest';
import { createS3Store } from '../../src/platform/object-store/s3-store.js';
import { describeObjectStore } from '../conformance/object-store.js';
import { findS3, howToGetMinio } from '../minio.js';

const start = findS3();

if (start) {
  describeObjectStore('S3 store', async () => {
    const server = await start();
    return { store: createS3Store(server.settings), dispose: server.stop };
  });
} else {
  describe.skip(`S3 store (skipped: ${howToGetMinio})`, () => {
    it('conforms', () => expect.fail(howToGetMinio));
  });
}
