import type { Database, Tx } from '../../platform/database/database.js';

/**
 * Those of a model's versions that may be promoted: neither archived nor deleted, nor of an archived model. Under the
 * pointer's lock (see `lockPointer`) they stay so until the transaction ends.
 */
export async function promotableVersions(
  db: Database | Tx,
  name: string,
  versions: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await db.modelVersion.findMany({
    where: { name, version: { in: [...versions] }, archived_at: null, model: { archived_at: null } },
    select: { version: true },
  });
  return new Set(rows.map(({ version }) => version));
}
