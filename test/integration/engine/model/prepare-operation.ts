import { AppError } from '../../../../src/contracts/app-error.js';
import { cancelRun } from '../../../../src/engine/cancel-run.js';
import { renewLeases } from '../../../../src/engine/leases.js';
import { LockedRun } from '../../../../src/engine/locked-run.js';
import { retryRun } from '../../../../src/engine/retry-run.js';
import { settle } from '../../../../src/engine/settle.js';
import type { Database } from '../../../../src/platform/database/database.js';
import { inTransaction } from '../../../../src/platform/database/transaction.js';
import { expireLeases } from '../../../expire-leases.js';
import {
  crash,
  leaseMs,
  passingError,
  permanentError,
  type TestAttempt,
  tryClaim,
} from '../../../factories/attempt.js';
import { caller } from '../../../factories/caller.js';
import { promoteModel } from '../../../factories/promotion.js';
import type { TestRun } from '../../../factories/run.js';
import type { Answer, Operation } from './operation.js';

/** A real run, and what was claimed of it, by the numbers that the test gave the claims. */
export interface Played {
  db: Database;
  run: TestRun;
  attempts: Map<number, TestAttempt>;
}

/**
 * Does all that comes before the operation itself, above all the work of an attempt.
 * @returns the operation: one call of the engine
 */
export async function prepareOperation(
  { db, run, attempts }: Played,
  operation: Operation,
): Promise<() => Promise<Answer>> {
  switch (operation.kind) {
    case 'claim': {
      const { step, attempt, claim } = operation;
      return async () => {
        const won = await tryClaim(db, { run_id: run.id, step, attempt }, `worker ${claim}`);
        if (won) attempts.set(claim, won);
        return won ? 'won' : 'refused';
      };
    }
    case 'finish': {
      const { ending, accepted } = operation;
      const attempt = attempts.get(operation.claim)!;
      const result = ending === 'SUCCEEDED' ? await attempt.completion({ accepted }) : endingOf[ending];
      return () => attempt.finish(result);
    }
    case 'renew': {
      const { lease } = attempts.get(operation.claim)!;
      return async () => ((await renewLeases(db, [lease], leaseMs)).size === 1 ? 'renewed' : 'lost');
    }
    case 'expire':
      return async () => void (await expireLeases(db));
    case 'cancel':
      return () => answerOf(cancelRun(db, run.id, caller('operator')));
    case 'retry':
      return () => answerOf(retryRun(db, run.id, caller('operator')));
    case 'promote': {
      const model = await db.modelVersion.findFirstOrThrow({ where: { name: run.identifier } });
      return async () => void (await promoteModel(db, model));
    }
    case 'settle':
      return () =>
        inTransaction(db, async (tx) => {
          await LockedRun.change(tx, run.id, (locked) => settle(locked, 'reconciler'));
          return undefined;
        });
  }
}

const endingOf = {
  FAILED: { outcome: 'FAILED', error: passingError },
  PERMANENT: { outcome: 'FAILED', error: permanentError },
  CRASHED: crash,
  CANCELED: { outcome: 'CANCELED' },
  SHUTDOWN: { outcome: 'SHUTDOWN' },
} as const;

async function answerOf(asking: Promise<void>): Promise<Answer> {
  try {
    await asking;
    return 'accepted';
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return 'conflict';
    throw error;
  }
}
