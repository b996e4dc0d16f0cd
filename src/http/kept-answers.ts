import { z } from 'zod';
import type { Database, Tx } from '../platform/database/database.js';

/** A request that its caller may send again. */
export interface KeyedRequest {
  caller: string;
  method: string;
  path: string;
  /** `Idempotency-Key` */
  key: string;
  /** SHA-256 of the canonical body. */
  bodyHash: string;
}

/** What was answered, as it was sent: the text, so that a replay is the same to the byte. */
const Body = z.object({ id: z.string(), collection: z.string().optional(), text: z.string() });
export interface KeptAnswer extends z.infer<typeof Body> {
  status: number;
}

export interface FoundAnswer extends KeptAnswer {
  bodyHash: string;
  /** Older than a key is kept: it counts as absent. */
  expired: boolean;
}

const keptSeconds = 24 * 60 * 60;
const batchSize = 1_000;

/**
 * Takes a key for the transaction that answers its request. The unique index closes the race of two requests with one
 * key: the second waits here until the first has committed, and is then refused, or has failed, and then goes on.
 *
 * @returns false when an answer is kept under it; its row stays locked, so that it is still there to be read
 */
export async function takeKey(tx: Tx, request: KeyedRequest): Promise<boolean> {
  const { caller, method, path, key, bodyHash } = request;
  const taken = await tx.$executeRaw`
    insert into idempotency_keys as kept (caller, method, path, key, body_hash, created_at)
    values (${caller}, ${method}, ${path}, ${key}, ${bodyHash}, clock_timestamp())
    on conflict (caller, method, path, key) do update
    set body_hash = excluded.body_hash, status = null, body = null, created_at = excluded.created_at
    where kept.created_at <= clock_timestamp() - ${keptSeconds} * interval '1 second'`;
  return taken === 1;
}

/** Writes the answer under the key that this transaction has taken. */
export async function keepAnswer(tx: Tx, request: KeyedRequest, answer: KeptAnswer): Promise<void> {
  const { caller, method, path, key } = request;
  const { status, ...body } = answer;
  await tx.idempotencyKey.update({
    where: { caller_method_path_key: { caller, method, path, key } },
    data: { status, body },
  });
}

/** What is kept under a key, if anything is. */
export async function findAnswer(db: Database | Tx, request: KeyedRequest): Promise<FoundAnswer | undefined> {
  const { caller, method, path, key } = request;
  const [row] = await db.$queryRaw<{ body_hash: string; status: number; body: unknown; expired: boolean }[]>`
    select body_hash, status, body, created_at <= clock_timestamp() - ${keptSeconds} * interval '1 second' as expired
    from idempotency_keys where caller = ${caller} and method = ${method} and path = ${path} and key = ${key}`;
  if (!row) return undefined;
  return { status: row.status, ...Body.parse(row.body), bodyHash: row.body_hash, expired: row.expired };
}

/**
 * Removes keys that have counted as absent for a while. In batches, each a statement of its own: one that removes a
 * million rows would be stopped before its end, every time.
 *
 * @returns how many were removed
 */
export async function removeOldKeys(db: Database, batch = batchSize): Promise<number> {
  for (let removed = 0; ;) {
    // Leaves out what another gateway is removing, or a request is taking over, at this moment.
    const count = await db.$executeRaw`
      delete from idempotency_keys where (caller, method, path, key) in (
        select caller, method, path, key from idempotency_keys
        where created_at <= clock_timestamp() - ${keptSeconds} * interval '1 second'
        order by created_at limit ${batch} for update skip locked)`;
    removed += count;
    if (count < batch) return removed;
  }
}
