import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { createFileStore } from '../src/platform/object-store/file-store.js';
import { ensureBuckets } from '../src/platform/object-store/ensure-buckets.js';
import type { ObjectStore } from '../src/platform/object-store/object-store.js';

/** A file store of the spec file's own with all buckets, deleted when the file is done. */
export async function temporaryStore(): Promise<ObjectStore> {
  const folder = mkdtempSync(path.join(tmpdir(), 'trainyard-objects-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const store = createFileStore(folder);
  await ensureBuckets(store);
  return store;
}
