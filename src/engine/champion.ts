import { AppError } from '../contracts/app-error.js';
import type { ArtifactRef } from '../contracts/artifact-ref.js';
import { ServedType } from '../contracts/served-manifest.js';
import type { ServedModel } from '../contracts/served-model.js';
import type { Champion } from '../contracts/steps/evaluate.js';
import type { Artifact } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';
import { archivedVersion, refuseArchived } from './registry/archived.js';
import { unknownVersion } from './registry/unknown.js';

/** What the pointer of an identifier names now, or null when nothing was ever promoted for it. */
export async function findChampion(db: Database | Tx, identifier: string): Promise<Champion | null> {
  const pointer = await db.pointer.findUnique({ where: { identifier }, include: { promotion: true } });
  if (!pointer?.promotion) return null;
  const served = await findServedModel(db, identifier, pointer.promotion.model_version);
  return { ...served, pointer_version: pointer.version };
}

/**
 * A version that may be promoted. Under the pointer's lock (see `lockPointer`) it stays so until the transaction ends.
 * @throws AppError `not_found`; `conflict` when it, or its model, is archived
 */
export async function findServedModel(
  db: Database | Tx,
  identifier: string,
  version: number,
): Promise<ServedModel> {
  const row = await findVersion(db, identifier, version);
  refuseArchived(row);
  return toServedModel(row);
}

/**
 * A version that may answer, whether or not its model is archived.
 * @throws AppError `not_found`, also when the version is archived
 */
export async function findAnsweringModel(
  db: Database | Tx,
  identifier: string,
  version: number,
): Promise<ServedModel> {
  const row = await findVersion(db, identifier, version);
  if (row.archived_at) throw new AppError('not_found', archivedVersion(row));
  return toServedModel(row);
}

type VersionRow = Awaited<ReturnType<typeof findVersion>>;

async function findVersion(db: Database | Tx, name: string, version: number) {
  const row = await db.modelVersion.findUnique({
    where: { name_version: { name, version } },
    include: { file: true, manifest_file: true, model: true },
  });
  const { run_id = null, config_hash = null } = row ?? {};
  if (!row || run_id === null || config_hash === null) throw unknownVersion(name, version);
  return { ...row, run_id, config_hash };
}

function toServedModel(row: VersionRow): ServedModel {
  return {
    identifier: row.name,
    model_version: row.version,
    model_type: ServedType.parse(row.model_type),
    run_id: row.run_id,
    config_hash: row.config_hash,
    model: artifactRef(row.file),
    manifest: artifactRef(row.manifest_file),
  };
}

function artifactRef({ bucket, key, sha256, size }: Artifact): ArtifactRef {
  return { bucket, key, sha256, size: Number(size) };
}
