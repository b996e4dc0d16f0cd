import type { Database } from '../src/platform/database/database.js';

/**
 * Lets a version have another manifest than it was registered with, which must be stored: what a broken database or
 * somebody with its password could do. Its trigger refuses that to everybody else.
 */
export async function forgeManifest(
  db: Database,
  { name, version }: { name: string; version: number },
  sha256: string,
): Promise<void> {
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`set local session_replication_role = replica`;
    await tx.modelVersion.update({
      where: { name_version: { name, version } },
      data: { manifest_sha256: sha256 },
    });
  });
}
