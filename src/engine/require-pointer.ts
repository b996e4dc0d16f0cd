import { AppError } from '../contracts/app-error.js';
import type { Database, Tx } from '../platform/database/database.js';
import { pointerDocument } from './pointer-document.js';

/**
 * Is the pointer where the caller has seen it? To be sure until a decision is committed, it has to be locked before.
 *
 * @param expected version; undefined for whatever it is
 * @throws AppError `conflict`, with the current pointer, when it is at another one
 */
export async function requirePointer(
  db: Database | Tx,
  identifier: string,
  expected: number | undefined,
): Promise<void> {
  if (expected === undefined) return;
  const pointer = await db.pointer.findUnique({ where: { identifier }, include: { promotion: true } });
  const version = pointer?.version ?? 0;
  if (version === expected) return;
  const current = pointer?.promotion ? pointerDocument(pointer.promotion) : null;
  const message = `the pointer of ${identifier} is at version ${version}, not ${expected}`;
  throw new AppError('conflict', message, { members: { current } });
}
