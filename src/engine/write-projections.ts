import type { Projection } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { failpoint } from './failpoint.js';
import { ProjectionSource } from './projection-source.js';
import { renderProjection } from './render-projection.js';
import { type Repeating, repeating, type RepeatingSettings } from './repeating.js';

export interface ProjectionDeps {
  db: Database;
  store: ObjectStore;
  onError: (error: unknown, projection: { bucket: string; key: string }) => void;
}

const batchSize = 100;
const lockTimeoutMs = 60_000;
const firstPauseMs = 500;
const longestPauseMs = 60_000;

/**
 * Keeps readable objects up with their rows: woken after a commit that touched some, and every so often for those whose
 * writer died or failed. Apart from the reconciler, which must not wait for a store that does not answer; and one at
 * a time, because each object under way holds a connection and needs a second one.
 */
export function startProjectionWriter(deps: ProjectionDeps, settings: RepeatingSettings): Repeating {
  return repeating(() => writeProjections(deps), settings);
}

/**
 * Writes every readable object that is behind its rows.
 *
 * @returns how many were written
 */
export async function writeProjections(deps: ProjectionDeps): Promise<number> {
  const behind = await deps.db.$queryRaw<{ bucket: string; key: string }[]>`
    select bucket, key from projections
    where written < wanted and (not_before is null or not_before <= now())
    order by updated_at limit ${batchSize}`;
  let written = 0;
  for (const { bucket, key } of behind) {
    if (await writeProjection(deps, bucket, key)) written += 1;
    failpoint('between_projections');
  }
  if (behind.length > 0) failpoint('after_projections');
  return written;
}

/**
 * Writes one object under its lock, and again while its rows change meanwhile. Two writers would otherwise be able to
 * leave the older content behind: the one that read first may put last.
 */
async function writeProjection(deps: ProjectionDeps, bucket: string, key: string): Promise<boolean> {
  const { db, onError } = deps;
  return inTransaction(
    db,
    async (tx) => {
      const [lock] = await tx.$queryRaw<{ held: boolean }[]>`
        select pg_try_advisory_xact_lock(hashtextextended(${`${bucket}/${key}`}, 7)) as held`;
      // Whoever holds it reads the rows again before letting go; what falls between is found at the next turn.
      if (!lock?.held) return false;
      // The transaction holds the lock only. Rows are read and updated outside of it: an update in it would keep
      // everyone who changes the rows waiting for the object store.
      for (;;) {
        const row = await db.projection.findUnique({ where: { bucket_key: { bucket, key } } });
        if (!row || row.written >= row.wanted) return true;
        try {
          await writeOnce(deps, row);
        } catch (error) {
          onError(error, { bucket, key });
          await postpone(db, row, error);
          return false;
        }
      }
    },
    { timeout: lockTimeoutMs },
  );
}

async function writeOnce(
  { db, store }: ProjectionDeps,
  { bucket, key, source: given, wanted }: Projection,
): Promise<void> {
  const source = ProjectionSource.parse(given);
  if (source.type === 'nothing') {
    await store.remove(bucket, key);
    // Unless it is to show something again by now: the next round then writes it.
    await db.projection.deleteMany({ where: { bucket, key, wanted } });
    return;
  }
  const rendered = await renderProjection(db, store, source);
  if (rendered) await store.put(bucket, key, rendered.body, { contentType: rendered.contentType });
  await db.projection.update({
    where: { bucket_key: { bucket, key } },
    data: { written: wanted, failures: 0, not_before: null, error: null },
  });
}

async function postpone(
  db: Database,
  { bucket, key, wanted, failures }: Projection,
  error: unknown,
): Promise<void> {
  const pauseMs = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
  const message = error instanceof Error ? error.message : String(error);
  // By the database's clock, which is the one it is compared with. Not what was wanted meanwhile: that is due now.
  await db.$executeRaw`
    update projections
    set failures = ${failures + 1}, not_before = clock_timestamp() + ${pauseMs} * interval '1 millisecond',
        error = ${message}, updated_at = clock_timestamp()
    where bucket = ${bucket} and key = ${key} and wanted = ${wanted}`;
}
