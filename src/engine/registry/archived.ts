import { AppError } from '../../contracts/app-error.js';
import type { ModelVersion, RegisteredModel } from '../../generated/prisma/client.js';

type VersionName = Pick<ModelVersion, 'name' | 'version'>;
type Archivable<T> = T & { archived_at: Date | null };

/** That a version is archived, and what to do about it. */
export function archivedVersion({ name, version }: VersionName): string {
  return `version ${version} of model ${name} is archived: restore it first (POST /models/${name}/versions/${version}/restore)`;
}

/** @throws AppError `conflict` for an archived model */
export function refuseArchivedModel({ name, archived_at }: Archivable<Pick<RegisteredModel, 'name'>>): void {
  if (!archived_at) return;
  throw new AppError(
    'conflict',
    `model ${name} is archived: restore it first (POST /models/${name}/restore)`,
  );
}

/** @throws AppError `conflict` for an archived version, and for a version of an archived model */
export function refuseArchived({
  model,
  ...version
}: Archivable<VersionName> & { model: Archivable<Pick<RegisteredModel, 'name'>> }): void {
  if (version.archived_at) throw new AppError('conflict', archivedVersion(version));
  refuseArchivedModel(model);
}
