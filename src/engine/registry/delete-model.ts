import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import type { Database, Tx } from '../../platform/database/database.js';
import { publishNews } from '../../platform/database/news.js';
import { inTransaction } from '../../platform/database/transaction.js';
import { lockPointer } from '../promote.js';
import { endedRuns } from '../transitions.js';
import { writeAudit } from '../write-audit.js';
import { lockModel } from './locked-model.js';
import { registryPaths } from './registry-paths.js';
import { askedFor, forecastBy } from './uses-of-version.js';

/**
 * Deletes a model of which nothing was ever promoted, with its versions, aliases and tags. Tracked runs stay, and so
 * does the count of its versions, in case it is made anew.
 *
 * Under three locks. The pointer's closes the races with promotions and aliases; the model's the one with an import,
 * which comes before, and its version goes too, or after, and makes the model anew (see `nextVersion`); those of the
 * versions the one with a run that begins only now and reuses their training.
 *
 * @throws AppError `not_found`; `conflict`, which says what stands in its way
 */
export async function deleteModel(db: Database, by: Caller, name: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockPointer(tx, name);
    const { last_version, description } = await lockModel(tx, name);
    const versions = await tx.$queryRaw<{ version: number }[]>`
      select version from model_versions where name = ${name} order by version for update`;
    const use =
      (await askedFor(tx, { name })) ?? (await forecastBy(tx, { name })) ?? (await openRunOf(tx, name));
    if (use !== undefined) throw new AppError('conflict', `model ${name} cannot be deleted: ${use}`);
    const tags = await tx.modelTag.findMany({ where: { name } });
    const aliases = await tx.modelAlias.findMany({ where: { name } });
    await tx.modelAlias.deleteMany({ where: { name } });
    await tx.modelVersion.deleteMany({ where: { name } });
    await tx.registeredModel.delete({ where: { name } });
    await tx.$executeRaw`
      insert into deleted_models as d (name, last_version, deleted_at)
      values (${name}, ${last_version}, clock_timestamp())
      on conflict (name) do update
      set last_version = greatest(d.last_version, excluded.last_version), deleted_at = excluded.deleted_at`;
    await writeAudit(tx, by, {
      action: 'model.delete',
      subject: registryPaths.model(name),
      before: {
        description,
        tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
        versions: versions.map(({ version }) => version),
        aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, version])),
      },
    });
    await publishNews(tx, { kind: 'model', name });
  });
}

/** A run that goes on would find nothing of what it has trained. */
async function openRunOf(tx: Tx, identifier: string): Promise<string | undefined> {
  const run = await tx.pipelineRun.findFirst({
    where: { identifier, state: { notIn: [...endedRuns] } },
    select: { id: true },
  });
  return run ? `pipeline run ${run.id} of ${identifier} goes on; cancel it, or wait for its end` : undefined;
}
