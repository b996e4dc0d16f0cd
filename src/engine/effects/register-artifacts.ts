import type { ArtifactRef } from '../../contracts/artifact-ref.js';
import type { Tx } from '../../platform/database/database.js';

export interface NewArtifact {
  file: ArtifactRef;
  mediaType: string;
}

/** Names stored bytes in rows. The same bytes may be there already, from another run. */
export async function registerArtifacts(tx: Tx, artifacts: readonly NewArtifact[]): Promise<void> {
  // In one order, so that two runs that store the same bytes at once wait for each other in one direction.
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
}
