import type { ArtifactRef } from '../contracts/artifact-ref.js';
import type { Tx } from '../platform/database/database.js';

export interface NewArtifact {
  file: ArtifactRef;
  mediaType: string;
}

/** Names stored bytes in rows, for what refers to them. They may be there already. */
export async function nameArtifacts(tx: Tx, artifacts: readonly NewArtifact[]): Promise<void> {
  // In one order, so that two that store the same bytes at once wait for each other in one direction.
  const rows = artifacts
    .map(({ file: { sha256, bucket, key, size }, mediaType }) => ({
      sha256,
      bucket,
      key,
      size,
      media_type: mediaType,
    }))
    .sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  await tx.artifact.createMany({ data: rows, skipDuplicates: true });
  // Those marked to be deleted were stored anew before we came here (see `sweepArtifacts`): they stay.
  await tx.artifact.updateMany({
    where: { sha256: { in: rows.map(({ sha256 }) => sha256) }, swept_at: { not: null } },
    data: { swept_at: null },
  });
}
