import { AppError } from '../contracts/app-error.js';
import { buckets } from '../contracts/object-keys.js';
import type { Database } from '../platform/database/database.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';

/**
 * A step stores its bytes some time before the transaction that refers to them. Bytes that are there already it stores
 * anew when they are older than half of this (see `putByDigest`): what is older than this, nobody is about to refer to.
 */
export const spareMs = 24 * 3_600_000;

const batchSize = 500;

/**
 * Deletes stored bytes that nothing refers to: marks their rows, deletes the bytes after that is committed, and the rows
 * last, so that a process that dies in between leaves a mark to go on from and never a row without its bytes that
 * somebody could refer to.
 *
 * @returns how many were deleted
 */
export async function sweepArtifacts(db: Database, store: ObjectStore): Promise<number> {
  await db.$executeRaw`
    update artifacts set swept_at = clock_timestamp()
    where sha256 in (
      select a.sha256 from artifacts a
      where a.swept_at is null and a.created_at < clock_timestamp() - ${spareMs} * interval '1 millisecond'
        and not exists (select 1 from run_artifacts r where r.sha256 = a.sha256)
        and not exists (select 1 from tracked_files f where f.sha256 = a.sha256)
        and not exists (select 1 from model_versions v where v.model_sha256 = a.sha256)
        and not exists (select 1 from model_versions v where v.manifest_sha256 = a.sha256)
        and not exists (select 1 from inference_batches b where b.sha256 = a.sha256)
      limit ${batchSize} for update skip locked)`;
  const marked = await db.artifact.findMany({ where: { swept_at: { not: null } }, take: batchSize });
  let deleted = 0;
  for (const { sha256, bucket, key, swept_at } of marked) {
    if (await isYoung(store, bucket, key)) {
      await db.artifact.updateMany({ where: { sha256, swept_at }, data: { swept_at: null } });
      continue;
    }
    await store.remove(bucket, key);
    // Not when it was referred to again meanwhile: that took the mark away, after storing the bytes anew.
    const { count } = await db.artifact.deleteMany({ where: { sha256, swept_at } });
    deleted += count;
  }
  return deleted;
}

/**
 * Deletes stored bytes that have no row: those of attempts that died between storing them and the transaction that
 * would have named them.
 *
 * @param ageMs younger ones may be on their way to their row
 * @returns how many were deleted
 */
export async function sweepOrphans(db: Database, store: ObjectStore, ageMs = spareMs): Promise<number> {
  let deleted = 0;
  let keys: string[] = [];
  const sweep = async () => {
    const known = await db.artifact.findMany({ where: { key: { in: keys } }, select: { key: true } });
    const named = new Set(known.map(({ key }) => key));
    for (const key of keys.filter((candidate) => !named.has(candidate))) {
      await store.remove(buckets.artifacts, key);
      deleted += 1;
    }
    keys = [];
  };
  for await (const { key, lastModified } of store.list(buckets.artifacts, '')) {
    if (Date.now() - lastModified.getTime() < ageMs) continue;
    keys.push(key);
    if (keys.length >= batchSize) await sweep();
  }
  await sweep();
  return deleted;
}

async function isYoung(store: ObjectStore, bucket: string, key: string): Promise<boolean> {
  try {
    return Date.now() - (await store.head(bucket, key)).lastModified.getTime() < spareMs;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'not_found' || error.code === 'invalid_data'))
      return false;
    throw error;
  }
}
