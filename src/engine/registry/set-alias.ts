import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import { championAlias, maxAliases } from '../../contracts/model-alias.js';
import type { Database, Tx } from '../../platform/database/database.js';
import { publishNews } from '../../platform/database/news.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { lockPointer } from '../promote.js';
import { writeAudit } from '../write-audit.js';
import { archivedVersion } from './archived.js';
import { lockVersion } from './locked-model.js';
import { registryPaths } from './registry-paths.js';

interface NamedVersion {
  name: string;
  alias: string;
  version: number;
}

/**
 * Lets an alias lead to a version. Under the pointer's lock, which whoever deletes or archives a version takes as well:
 * either comes first, and the other one sees what it did. It also counts aliases: two that each add one to a model with
 * one less than it may have would both see room for theirs.
 *
 * @returns whether there was no such alias before
 * @throws AppError `not_found`; `conflict` for `champion`, for an archived version, and when the model has too many
 */
export async function setAlias(db: Database, by: Caller, named: NamedVersion): Promise<boolean> {
  const { name, alias, version } = named;
  refuseChampion(name, alias);
  return inTransaction(db, async (tx) => {
    await lockPointer(tx, name);
    const row = await lockVersion(tx, name, version);
    if (row.archived_at) throw new AppError('conflict', archivedVersion(row));
    const before = await tx.modelAlias.findUnique({ where: { name_alias: { name, alias } } });
    if (before?.version === version) return false;
    if (!before) await refuseTooMany(tx, name);
    await tx.modelAlias.upsert({
      where: { name_alias: { name, alias } },
      create: named,
      update: { version },
    });
    await writeAudit(tx, by, {
      action: 'alias.set',
      subject: registryPaths.alias(name, alias),
      before: before && { version: before.version },
      after: { version },
    });
    await publishNews(tx, { kind: 'model', name });
    return !before;
  });
}

/** @throws AppError `conflict` for the alias that promotions write */
export function refuseChampion(name: string, alias: string): void {
  if (alias !== championAlias) return;
  throw new AppError(
    'conflict',
    `${championAlias} is the promoted version of ${name}: it moves by a promotion (POST /promotions), and by nothing else`,
  );
}

async function refuseTooMany(tx: Tx, name: string): Promise<void> {
  const count = await tx.modelAlias.count({ where: { name } });
  if (count < maxAliases) return;
  throw new AppError('conflict', `model ${name} has ${count} aliases, which are the most: delete one first`);
}
