import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFileStore } from '../../src/platform/object-store/file-store.js';
import { describeObjectStore } from '../conformance/object-store.js';

describeObjectStore('file store', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'trainyard-objects-'));
  return { store: createFileStore(root), dispose: () => rm(root, { recursive: true }) };
});
