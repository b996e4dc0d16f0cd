import { Controller, Get, Head, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AuditEntry, AuditPage, ExportAudit, ListAudit } from '../../contracts/audit.js';
import { Endpoint } from '../../http/endpoint.js';
import { AuditService } from './audit.service.js';

const wrongFilter = { 400: 'A filter, or a cursor that is not of this list with these filters.' };

@ApiTags('Audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Endpoint('Who changed what: list the changes, newest first', { schema: AuditPage, problems: wrongFilter })
  list(@Query({ schema: ListAudit }) query: ListAudit): Promise<AuditPage> {
    return this.audit.list(query);
  }

  // Above GET: the HEAD that Fastify adds for a GET would read the whole export, and throw it away.
  @Head('export')
  @Endpoint('What an export answers, without the entries', { problems: { 400: 'A filter.' } })
  head(@Query({ schema: ExportAudit }) _filter: ExportAudit, @Res() reply: FastifyReply): Promise<void> {
    return this.audit.head(reply);
  }

  @Get('export')
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({
    description:
      'JSON lines: an entry on each, oldest first. Those that there are when it begins; an answer that breaks off has failed.',
    standardSchema: AuditEntry,
  })
  @Endpoint('Export all changes that match, as JSON lines, oldest first', { problems: { 400: 'A filter.' } })
  export(@Query({ schema: ExportAudit }) filter: ExportAudit, @Res() reply: FastifyReply): Promise<void> {
    return this.audit.export(filter, reply);
  }
}
