import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import type { RegisteredModel } from '../../generated/prisma/client.js';
import type { Database, Tx } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { lockPointer } from '../promote.js';
import { writeAudit } from '../write-audit.js';
import { lockModel } from './locked-model.js';
import { registryPaths } from './registry-paths.js';

/**
 * Puts a model out of use: it is not listed, and takes no imports and no promotions. Its versions stay as they are.
 *
 * Under two locks. The pointer's closes the race with a promotion of one of its versions: that comes before, and is
 * seen here, or after, and finds the model archived. The model's closes the race with an import, see `nextVersion`.
 *
 * @throws AppError `not_found`; `conflict` while one of its versions is promoted
 */
export async function archiveModel(db: Database, by: Caller, name: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockPointer(tx, name);
    const model = await lockModel(tx, name);
    if (model.archived_at) return;
    const pointer = await tx.pointer.findUnique({
      where: { identifier: name },
      include: { promotion: true },
    });
    if (pointer?.promotion) {
      const { version, model_version } = pointer.promotion;
      throw new AppError(
        'conflict',
        `model ${name} cannot be archived: its version ${model_version} is promoted (promotion ${version} of ${name})`,
      );
    }
    await setArchived(tx, by, model, new Date());
  });
}

/**
 * Takes it back into use. Under its lock, so that of several who do so at once one is noted for it.
 * @throws AppError `not_found`
 */
export async function restoreModel(db: Database, by: Caller, name: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    const model = await lockModel(tx, name);
    if (model.archived_at) await setArchived(tx, by, model, null);
  });
}

async function setArchived(
  tx: Tx,
  by: Caller,
  { name, archived_at: before }: RegisteredModel,
  archived_at: Date | null,
): Promise<void> {
  await tx.registeredModel.update({ where: { name }, data: { archived_at } });
  await writeAudit(tx, by, {
    action: archived_at ? 'model.archive' : 'model.restore',
    subject: registryPaths.model(name),
    before: { archived_at: before },
    after: { archived_at },
  });
}
