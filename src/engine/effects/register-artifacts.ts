import type { LockedRun } from '../locked-run.js';
import { nameArtifacts, type NewArtifact } from '../name-artifacts.js';

/** Names stored bytes in rows, and the run as one that refers to them. They may be there already, from another run. */
export async function registerArtifacts(
  { tx, row: { id: run_id } }: LockedRun,
  artifacts: readonly NewArtifact[],
): Promise<void> {
  await nameArtifacts(tx, artifacts);
  const digests = artifacts.map(({ file }) => file.sha256).sort();
  await tx.runArtifact.createMany({
    data: digests.map((sha256) => ({ run_id, sha256 })),
    skipDuplicates: true,
  });
}
