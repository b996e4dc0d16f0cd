import type { Caller } from '../../contracts/caller.js';
import type { Database } from '../../platform/database/database.js';
import { publishNews } from '../../platform/database/news.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { lockPointer } from '../promote.js';
import { writeAudit } from '../write-audit.js';
import { registryPaths } from './registry-paths.js';
import { refuseChampion } from './set-alias.js';
import { unknownAlias } from './unknown.js';

/**
 * Deletes an alias. Under the pointer's lock: what the audit log says that it led to is what it led to, also when
 * somebody moves it at the same moment.
 *
 * @throws AppError `not_found`; `conflict` for `champion`
 */
export async function deleteAlias(db: Database, by: Caller, name: string, alias: string): Promise<void> {
  refuseChampion(name, alias);
  await inTransaction(db, async (tx) => {
    await lockPointer(tx, name);
    const before = await tx.modelAlias.findUnique({ where: { name_alias: { name, alias } } });
    if (!before) throw unknownAlias(name, alias);
    await tx.modelAlias.delete({ where: { name_alias: { name, alias } } });
    await writeAudit(tx, by, {
      action: 'alias.delete',
      subject: registryPaths.alias(name, alias),
      before: { version: before.version },
    });
    await publishNews(tx, { kind: 'model', name });
  });
}
