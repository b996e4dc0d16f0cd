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
import { askedFor, forecastBy, namedBy, trainedIn, type VersionName } from './uses-of-version.js';

/**
 * Deletes a version that nobody refers to. Its number is not given again; its tracked run stays, with its files.
 *
 * The pointer's lock closes the races with promotions and aliases, which take it before they look at the version; the
 * version's own lock those with what refers to it without asking for that one: a run that reuses its training.
 *
 * @throws AppError `not_found`; `conflict`, which says who refers to it
 */
export async function deleteVersion(db: Database, by: Caller, { name, version }: VersionName): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockPointer(tx, name);
    const row = await lockVersion(tx, name, version);
    const use = await useOf(tx, row);
    if (use !== undefined) {
      throw new AppError('conflict', `version ${version} of model ${name} cannot be deleted: ${use}`);
    }
    const tags = await tx.modelVersionTag.findMany({ where: { name, version } });
    await tx.modelVersion.delete({ where: { name_version: { name, version } } });
    const { model_type, model_sha256: sha256, run_id, description } = row;
    await writeAudit(tx, by, {
      action: 'version.delete',
      subject: registryPaths.version(name, version),
      before: {
        model_type,
        sha256,
        run_id,
        description,
        tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
      },
    });
    await publishNews(tx, { kind: 'model', name });
  });
}

/** One question after another, the most telling answer first. */
async function useOf(tx: Tx, row: ModelVersion): Promise<string | undefined> {
  return (
    (await askedFor(tx, row)) ??
    (await namedBy(tx, row)) ??
    (await forecastBy(tx, row)) ??
    (await trainedIn(tx, row))
  );
}
