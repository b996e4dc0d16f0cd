import type { Caller } from '../../contracts/caller.js';
import type { Database } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { writeAudit } from '../write-audit.js';
import { changeLabels, type LabelChanges } from './change-labels.js';
import { lockModel } from './locked-model.js';
import { registryPaths } from './registry-paths.js';

/**
 * Changes what people have put on a model. Under its lock: two that each add a tag to one with one less than it may
 * have would both see room for theirs.
 *
 * @throws AppError `not_found`; `invalid_request` when it would have too many tags
 */
export async function updateModel(
  db: Database,
  by: Caller,
  name: string,
  changes: LabelChanges,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { description } = await lockModel(tx, name);
    const tags = await tx.modelTag.findMany({ where: { name } });
    const changed = changeLabels({ description, tags }, changes);
    if (!changed) return;
    const { before, after, data } = changed;
    await tx.registeredModel.update({ where: { name }, data });
    await writeAudit(tx, by, { action: 'model.update', subject: registryPaths.model(name), before, after });
  });
}
