import type { Caller } from '../../contracts/caller.js';
import type { Database } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { writeAudit } from '../write-audit.js';
import { changeLabels, type LabelChanges } from './change-labels.js';
import { lockVersion } from './locked-model.js';
import { registryPaths } from './registry-paths.js';

/**
 * Changes what people have put on a version, under its lock as `updateModel` does.
 * @throws AppError `not_found`; `invalid_request` when it would have too many tags
 */
export async function updateVersion(
  db: Database,
  by: Caller,
  { name, version }: { name: string; version: number },
  changes: LabelChanges,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { description } = await lockVersion(tx, name, version);
    const tags = await tx.modelVersionTag.findMany({ where: { name, version } });
    const changed = changeLabels({ description, tags }, changes);
    if (!changed) return;
    const { before, after, data } = changed;
    await tx.modelVersion.update({ where: { name_version: { name, version } }, data });
    await writeAudit(tx, by, {
      action: 'version.update',
      subject: registryPaths.version(name, version),
      before,
      after,
    });
  });
}
