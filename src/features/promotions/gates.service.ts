import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import { GatePolicy, Gates, type GatesQuery, type GatesScope } from '../../contracts/gate-policy.js';
import { effectiveGates, type GatesOwner, resetGates, setGates } from '../../engine/gates.js';
import { findPipeline } from '../../engine/pipelines/pipelines.js';
import { DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/transaction.js';

/** Who changes gates, and from which version on. */
export interface GatesChange {
  by: Caller;
  expected: number | undefined;
}

@Injectable()
export class GatesService {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  async get(query: GatesQuery, reply: FastifyReply): Promise<Gates> {
    return tagged(await effectiveGates(this.db, query), reply);
  }

  /** @throws AppError `not_found` for an unknown pipeline; `conflict` as `setGates` */
  async set(scope: GatesScope, policy: GatePolicy, change: GatesChange, reply: FastifyReply): Promise<Gates> {
    const owner = ownerOf(scope);
    const { by, expected } = change;
    return tagged(await inTransaction(this.db, (tx) => setGates(tx, owner, policy, by, expected)), reply);
  }

  /** @throws AppError `not_found`, `conflict` as `resetGates` */
  async reset(scope: GatesScope, { by, expected }: GatesChange): Promise<void> {
    await inTransaction(this.db, (tx) => resetGates(tx, ownerOf(scope), by, expected));
  }
}

function tagged(gates: Gates, reply: FastifyReply): Gates {
  void reply.header('etag', `"${gates.version}"`);
  return Gates.parse(gates);
}

function ownerOf({ identifier, pipeline }: GatesScope): GatesOwner {
  if (identifier !== undefined) return { scope: 'identifier', name: identifier };
  if (pipeline === undefined) throw new AppError('internal', 'gates of nobody passed the validation');
  findPipeline(pipeline);
  return { scope: 'pipeline', name: pipeline };
}
