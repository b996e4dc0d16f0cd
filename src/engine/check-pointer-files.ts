import { AppError } from '../contracts/app-error.js';
import { buckets } from '../contracts/object-keys.js';
import type { Projection } from '../generated/prisma/client.js';
import type { Database } from '../platform/database/database.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { readObject } from '../platform/object-store/read-object.js';
import { ProjectionSource } from './projection-source.js';
import { renderProjection } from './render-projection.js';
import { type Repeating, repeating, type RepeatingSettings } from './repeating.js';

export type RepairReason = 'missing' | 'altered';

export interface PointerCheckDeps {
  db: Database;
  store: ObjectStore;
  /** Told of each file that has to be written again. */
  onRepair: (reason: RepairReason) => void;
  /** Writes them. */
  writer: Pick<Repeating, 'wake'>;
}

/** Files of one turn: a few hundred a minute are no burden to a store, and nobody has many more. */
const batchSize = 50;
/** Pointer files have about one kilobyte; what is much longer is none. */
const longestFile = 65_536;

/**
 * Looks through the files of the bucket model-promotion, one batch a turn, over and over: torn, stale and missing ones,
 * and those that somebody has edited, are written again. Only files: HTTP and pipelines read the rows.
 */
export function startPointerCheck(deps: PointerCheckDeps, settings: RepeatingSettings): Repeating {
  let after = '';
  return repeating(async () => {
    after = await checkPointerFiles(deps, after);
  }, settings);
}

/**
 * Checks one batch of files.
 *
 * @param after the key behind which it begins; empty for the first one
 * @returns the last key, or nothing when these were the last files
 */
export async function checkPointerFiles(
  { db, store, onRepair, writer }: PointerCheckDeps,
  after: string,
): Promise<string> {
  const batch = await db.projection.findMany({
    where: {
      bucket: buckets.promotion,
      key: { gt: after },
      written: { equals: db.projection.fields.wanted },
    },
    orderBy: { key: 'asc' },
    take: batchSize,
  });
  for (const projection of batch) {
    const fault = await findFault(db, store, projection);
    if (!fault) continue;
    const { bucket, key, wanted } = projection;
    // Only when it is still to show what it was compared with: else it is being written anyhow, and differs for that.
    // Of two gateways that find the same fault, one counts it.
    const { count } = await db.projection.updateMany({
      where: { bucket, key, wanted, written: wanted },
      data: { wanted: wanted + 1, not_before: null },
    });
    if (count === 0) continue;
    onRepair(fault);
    writer.wake();
  }
  return batch.length < batchSize ? '' : batch.at(-1)!.key;
}

async function findFault(
  db: Database,
  store: ObjectStore,
  { bucket, key, source: given }: Projection,
): Promise<RepairReason | undefined> {
  const source = ProjectionSource.parse(given);
  if (source.type === 'nothing') return undefined;
  const rendered = await renderProjection(db, store, source);
  // What is streamed shows bytes that are named by their digest, and none of it lies in this bucket.
  if (!rendered || !(rendered.body instanceof Uint8Array)) return undefined;
  try {
    const stored = await readObject(store, bucket, key, longestFile);
    return stored.equals(rendered.body) ? undefined : 'altered';
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return 'missing';
    // Longer than any, or damaged below what a store shows of it.
    if (error instanceof AppError && ['too_large', 'invalid_data'].includes(error.code)) return 'altered';
    throw error;
  }
}
