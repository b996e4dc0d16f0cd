import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../contracts/app-error.js';
import type { Database, Tx } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { callerOf } from './caller.js';
import { canonicalJson } from '../platform/canonical-json.js';
import { findAnswer, keepAnswer, type KeptAnswer, type KeyedRequest, takeKey } from './kept-answers.js';

/** The answer of a request that creates something. */
export interface CreatedAnswer {
  /** Of what was made. */
  id: string;
  /** The body, to be sent as it is. */
  text: string;
}

/** Does what a request asks for once, however often its caller sends it under one `Idempotency-Key`. */
export interface Once {
  /**
   * What this request was answered before. To be asked before anything that may say something else by now, as a check
   * of what is stored.
   *
   * @throws AppError `unprocessable` when the key was used for another body
   */
  replay(db: Database): Promise<CreatedAnswer | undefined>;
  /**
   * Creates something in a transaction that keeps the answer under the key; when another request with the key was
   * faster, gives its answer. Without a key it is just the transaction.
   *
   * @param work gives the body, parsed by the schema of the answer; may run twice, so it does nothing but talk to `tx`
   * @throws AppError `unprocessable` when the key was used for another body
   */
  run<T extends { id: string }>(db: Database, work: (tx: Tx) => Promise<T>): Promise<CreatedAnswer>;
  /** @param placeOf where to find things that have no id of their own, or that are not what the path says */
  run<T>(db: Database, work: (tx: Tx) => Promise<T>, placeOf: (made: T) => Place): Promise<CreatedAnswer>;
}

/** Where something is found, and how its making is answered. */
export interface Place {
  /** What stands behind the collection in its path. */
  id: string;
  /** Another one than the handler's. */
  collection?: string;
  /** Another one than the endpoint's. */
  status?: number;
}

/**
 * `@Once('/pipeline-runs') once: Once` in a handler whose `@Endpoint` says `creates: true`. What it makes is found under
 * this path and its id, which the answer's `Location` says.
 *
 * @throws AppError `invalid_request` for a key that cannot be one
 */
export const Once = createParamDecorator((collection: string, context: ExecutionContext): Once => {
  const http = context.switchToHttp();
  return onceOf(collection, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
});

function onceOf(collection: string, request: FastifyRequest, reply: FastifyReply): Once {
  const key = readKey(request);
  // The body is not hashed before it is known to be valid, which it is when the handler runs.
  const keyed = (): KeyedRequest | undefined =>
    key === undefined
      ? undefined
      : {
          caller: callerOf(request).name,
          method: request.method,
          path: request.url.split('?')[0] ?? '/',
          key,
          bodyHash: createHash('sha256').update(canonicalJson(request.body)).digest('hex'),
        };

  const answer = ({ status, id, text, collection: own = collection }: KeptAnswer): CreatedAnswer => {
    void reply
      .status(status)
      .header('location', `${own}/${id}`)
      .header('content-type', 'application/json; charset=utf-8');
    return { id, text };
  };
  const replayed = (kept: KeptAnswer): CreatedAnswer => {
    void reply.header('idempotency-replayed', 'true');
    return answer(kept);
  };

  return {
    async replay(db) {
      const given = keyed();
      if (!given) return undefined;
      const found = await findAnswer(db, given);
      if (!found || found.expired) return undefined;
      requireSameBody(given, found.bodyHash);
      return replayed(found);
    },
    async run<T>(db: Database, work: (tx: Tx) => Promise<T>, placeOf: (made: T) => Place = ownPlace) {
      const given = keyed();
      const done = await inTransaction(db, async (tx) => {
        if (given && !(await takeKey(tx, given))) {
          const kept = await findAnswer(tx, given);
          if (!kept) throw new AppError('internal', 'a kept answer is gone although its row is locked');
          requireSameBody(given, kept.bodyHash);
          return { kept, first: false };
        }
        const body = await work(tx);
        const kept = { status: reply.statusCode, ...placeOf(body), text: JSON.stringify(body) };
        if (given) await keepAnswer(tx, given, kept);
        return { kept, first: true };
      });
      return done.first ? answer(done.kept) : replayed(done.kept);
    },
  };
}

const WithId = z.object({ id: z.string() });

function ownPlace(made: unknown): Place {
  return WithId.parse(made);
}

/** Undefined when there is none. Node joins several of them with commas; two keys are none. */
function readKey(request: FastifyRequest): string | undefined {
  const given = request.raw.headersDistinct['idempotency-key'];
  if (given === undefined) return undefined;
  const [key = '', ...more] = given;
  if (more.length === 0 && /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  const message = 'must be one key of 1 to 255 printable ASCII characters, such as a UUID';
  throw new AppError('invalid_request', `The header Idempotency-Key ${message}.`, {
    issues: [{ path: 'Idempotency-Key', message }],
  });
}

function requireSameBody({ key, bodyHash }: KeyedRequest, keptHash: string): void {
  if (bodyHash === keptHash) return;
  throw new AppError(
    'unprocessable',
    `The Idempotency-Key "${key}" was used for a request with another body: a new request needs a new key.`,
    { issues: [{ path: 'Idempotency-Key', message: 'was used for a request with another body' }] },
  );
}
