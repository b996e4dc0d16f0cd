import { createHash } from 'node:crypto';
import { wrapped } from './prisma-files.js';

/**
 * A migration with its own row in `_prisma_migrations` finished inside its transaction. The engine finishes the
 * row in a statement after the COMMIT, so a process killed between the two would leave a migration that is there
 * and says it is not; this way a row is finished if, and only if, the migration is in the database.
 *
 * The row is known by the SHA-256 of the file, which is the checksum that the engine wrote when it began.
 *
 * @param script what the engine is about to run; anything but a migration comes back as it is
 */
export function finishedWithin(script: string): string {
  if (!wrapped.test(script)) return script;
  const checksum = createHash('sha256').update(script).digest('hex');
  const finish =
    `UPDATE "_prisma_migrations" SET "finished_at" = now() WHERE "checksum" = '${checksum}' ` +
    'AND "finished_at" IS NULL AND "rolled_back_at" IS NULL;';
  return script.replace(/\bCOMMIT;\s*$/, () => `${finish}\nCOMMIT;`);
}
