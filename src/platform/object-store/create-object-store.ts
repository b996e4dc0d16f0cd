import { createFileStore } from './file-store.js';
import type { ObjectStore } from './object-store.js';
import type { S3Settings } from './s3-client.js';
import { createS3Store } from './s3-store.js';

/** Which object store, and how it is reached. */
export type ObjectStoreSettings = { kind: 'files'; root: string } | ({ kind: 's3' } & S3Settings);

export function createObjectStore(settings: ObjectStoreSettings): ObjectStore {
  return settings.kind === 'files' ? createFileStore(settings.root) : createS3Store(settings);
}
