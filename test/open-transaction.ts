import type { Database, Tx } from '../src/platform/database/database.js';

export interface OpenTransaction {
  commit(): Promise<void>;
  rollBack(): Promise<void>;
}

class RolledBack extends Error {}

/**
 * Does `work` in a transaction and leaves it open: what it locked stays locked, what it wrote unseen, until the test
 * says how it ends. That is how a race is held still at one point.
 */
export function openTransaction(db: Database, work: (tx: Tx) => Promise<unknown>): Promise<OpenTransaction> {
  return new Promise((opened, failed) => {
    const transaction = db.$transaction(
      async (tx) => {
        await work(tx);
        const commits = await new Promise<boolean>((end) => {
          opened({
            async commit() {
              end(true);
              await transaction;
            },
            async rollBack() {
              end(false);
              await transaction.catch((error: unknown) => {
                if (!(error instanceof RolledBack)) throw error;
              });
            },
          });
        });
        if (!commits) throw new RolledBack();
      },
      { timeout: 30_000 },
    );
    // Before it is open its fault is the caller's; afterwards whoever ends it gets it.
    transaction.catch(failed);
  });
}

/** Locks a run's row, so that whatever the engine wants to do with the run waits until this ends. */
export function holdRun(db: Database, runId: string): Promise<OpenTransaction> {
  return openTransaction(
    db,
    (tx) => tx.$queryRaw`select 1 from pipeline_runs where id = ${runId}::uuid for update`,
  );
}
