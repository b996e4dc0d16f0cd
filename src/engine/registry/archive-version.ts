import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import type { ModelVersion } from '../../generated/prisma/client.js';
import type { Database, Tx } from '../../platform/database/database.js';
import { publishNews } from '../../platform/database/news.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { lockPointer } from '../promote.js';
import { writeAudit } from '../write-audit.js';
import { lockVersion } from './locked-model.js';
import { registryPaths } from './registry-paths.js';
import { namedBy, promotedNow, type VersionName } from './uses-of-version.js';

/**
 * Puts a version out of use: it is not listed, not served, not promoted, and no alias can name it.
 *
 * The pointer's lock closes the races with a promotion of it and with an alias to it: those come before, and are seen
 * here, or after, and find it archived.
 *
 * @throws AppError `not_found`; `conflict` while it is promoted or an alias names it
 */
export async function archiveVersion(
  db: Database,
  by: Caller,
  { name, version }: VersionName,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockPointer(tx, name);
    const row = await lockVersion(tx, name, version);
    if (row.archived_at) return;
    const use = (await promotedNow(tx, row)) ?? (await namedBy(tx, row));
    if (use !== undefined) {
      throw new AppError('conflict', `version ${version} of model ${name} cannot be archived: ${use}`);
    }
    await setArchived(tx, by, row, new Date());
    await publishNews(tx, { kind: 'model', name });
  });
}

/**
 * Takes it back into use. Under its lock, so that of several who do so at once one is noted for it.
 * @throws AppError `not_found`
 */
export async function restoreVersion(
  db: Database,
  by: Caller,
  { name, version }: VersionName,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const row = await lockVersion(tx, name, version);
    if (row.archived_at) await setArchived(tx, by, row, null);
  });
}

async function setArchived(
  tx: Tx,
  by: Caller,
  { name, version, archived_at: before }: ModelVersion,
  archived_at: Date | null,
): Promise<void> {
  await tx.modelVersion.update({ where: { name_version: { name, version } }, data: { archived_at } });
  await writeAudit(tx, by, {
    action: archived_at ? 'version.archive' : 'version.restore',
    subject: registryPaths.version(name, version),
    before: { archived_at: before },
    after: { archived_at },
  });
}
