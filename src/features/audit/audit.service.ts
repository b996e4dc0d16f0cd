import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AuditPage, type ExportAudit, type ListAudit } from '../../contracts/audit.js';
import type { Cursors } from '../../http/cursors.js';
import { newestFirst } from '../../http/newest-first.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { auditFilter } from './audit-filter.js';
import { auditLines } from './audit-lines.js';

@Injectable()
export class AuditService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
  ) {}

  async list(query: ListAudit): Promise<AuditPage> {
    const { where, page, ...order } = newestFirst(this.cursors, '/audit', query);
    const rows = await this.db.auditEntry.findMany({ where: { AND: [auditFilter(query), where] }, ...order });
    return AuditPage.parse(page(rows));
  }

  /** Streams all entries that match, oldest first, until its reader has them or goes away. */
  async export(filter: ExportAudit, reply: FastifyReply): Promise<void> {
    const lines = auditLines(this.db, auditFilter(filter));
    // Before the answer begins: a database that is away can then still be answered with 503.
    const first = await lines.next();
    await describe(reply).send(Readable.from(beginning(first, lines), { objectMode: false }));
  }

  async head(reply: FastifyReply): Promise<void> {
    await describe(reply).send();
  }
}

/** What has been read of a generator, and the rest of it. */
async function* beginning<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

function describe(reply: FastifyReply): FastifyReply {
  const at = new Date().toISOString().replace(/\.\d+|[-:]/g, '');
  return reply
    .header('content-type', 'application/x-ndjson; charset=utf-8')
    .header('content-disposition', `attachment; filename="audit-${at}.jsonl"`);
}
