import { buckets } from '../../contracts/object-keys.js';
import type { ObjectStore } from './object-store.js';

/** Makes the buckets that the pipelines use. */
export async function ensureBuckets(store: ObjectStore): Promise<void> {
  await Promise.all(Object.values(buckets).map((bucket) => store.ensureBucket(bucket)));
}
