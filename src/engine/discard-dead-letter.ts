import type { Caller } from '../contracts/caller.js';
import type { Database } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { unknownDeadLetter } from './dead-letter.js';
import { writeAudit } from './write-audit.js';

interface Discarded {
  pipeline_run_id: string;
  step: string;
  attempt: number;
  error: object;
  replayed_at: Date | null;
}

/**
 * Deletes what is kept of a step that gave up; its run stays as it is.
 * @throws AppError `not_found`
 */
export async function discardDeadLetter(db: Database, id: string, by: Caller): Promise<void> {
  await inTransaction(db, async (tx) => {
    // One statement: of two that discard it at once, one has the row and the other finds none.
    const [letter] = await tx.$queryRaw<Discarded[]>`
      delete from dead_letters where id = ${id}::uuid
      returning run_id::text as pipeline_run_id, step, attempt, error, replayed_at`;
    await writeAudit(tx, by, {
      action: 'dead_letter.discard',
      subject: `/dead-letters/${id}`,
      before: letter ?? unknownDeadLetter(id),
    });
  });
}
