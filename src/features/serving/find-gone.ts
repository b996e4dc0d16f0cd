import type { ServedModel } from '../../contracts/served-model.js';
import type { Database } from '../../platform/database/database.js';

type Named = Pick<ServedModel, 'identifier' | 'model_version'>;

/** Those of the versions that were archived or deleted, in one question for all. */
export async function findGone(db: Database, versions: readonly Named[]): Promise<Named[]> {
  if (versions.length === 0) return [];
  return db.$queryRaw<Named[]>`
    select s.identifier, s.model_version
    from unnest(
      ${versions.map(({ identifier }) => identifier)}::text[],
      ${versions.map(({ model_version }) => model_version)}::int[]) as s(identifier, model_version)
    left join model_versions v on v.name = s.identifier and v.version = s.model_version
    where v.version is null or v.archived_at is not null`;
}
