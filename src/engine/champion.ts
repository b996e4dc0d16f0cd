import { AppError } from '../contracts/app-error.js';
import type { ArtifactRef } from '../contracts/artifact-ref.js';
import { ServedType } from '../contracts/served-manifest.js';
import type { ServedModel } from '../contracts/served-model.js';
import type { Champion } from '../contracts/steps/evaluate.js';
import type { Artifact } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';

/** What the pointer of an identifier names now, or null when nothing was ever promoted for it. */
export async function findChampion(db: Database | Tx, identifier: string): Promise<Champion | null> {
  const pointer = await db.pointer.findUnique({ where: { identifier }, include: { promotion: true } });
  if (!pointer?.promotion) return null;
  const served = await findServedModel(db, identifier, pointer.promotion.model_version);
  return { ...served, pointer_version: pointer.version };
}

/** @throws AppError `not_found` */
export async function findServedModel(
  db: Database | Tx,
  identifier: string,
  version: number,
): Promise<ServedModel> {
  const row = await db.modelVersion.findUnique({
    where: { name_version: { name: identifier, version } },
    include: { file: true, manifest_file: true },
  });
  if (!row?.run_id || row.config_hash === null) {
    throw new AppError('not_found', `there is no version ${version} of model ${identifier}`);
  }
  return {
    identifier,
    model_version: version,
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
