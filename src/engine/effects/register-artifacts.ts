import type { ArtifactRef } from '../../contracts/artifact-ref.js';
import type { LockedRun } from '../locked-run.js';

export interface NewArtifact {
  file: ArtifactRef;
  mediaType: string;
}

/** Names stored bytes in rows, and the run as one that refers to them. They may be there already, from another run. */
export async function registerArtifacts(
  { tx, row: { id: run_id } }: LockedRun,
  artifacts: readonly NewArtifact[],
): Promise<void> {
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
  // Those marked to be deleted were stored anew before we came here (see `sweepArtifacts`): they stay.
  await tx.artifact.updateMany({
    where: { sha256: { in: rows.map(({ sha256 }) => sha256) }, swept_at: { not: null } },
    data: { swept_at: null },
  });
  await tx.runArtifact.createMany({
    data: rows.map(({ sha256 }) => ({ run_id, sha256 })),
    skipDuplicates: true,
  });
}
