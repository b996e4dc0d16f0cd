import { Body, Controller, Delete, Get, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../contracts/caller.js';
import { GatePolicy, Gates, GatesMoved, GatesQuery, GatesScope } from '../../contracts/gate-policy.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { IfMatch } from '../../http/if-match.js';
import { GatesService } from './gates.service.js';

const moved = { description: 'They are not at the version of If-Match.', schema: GatesMoved };
const seen =
  'The version that you have seen, "0" when none are set for this owner: refused when there is another.';

@ApiTags('Promotions')
@Controller('gates')
export class GatesController {
  constructor(private readonly gates: GatesService) {}

  @Get()
  @Endpoint("The gates that hold: the identifier's, else the pipeline's, else the preset", { schema: Gates })
  get(
    @Query({ schema: GatesQuery }) query: GatesQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Gates> {
    return this.gates.get(query, reply);
  }

  @Put()
  @Endpoint('Set the gates of an identifier or of a pipeline', {
    schema: Gates,
    ifMatch: seen,
    problems: { 400: 'What is wrong, field by field.', 404: 'There is no such pipeline.', 409: moved },
  })
  set(
    @Query({ schema: GatesScope }) scope: GatesScope,
    @Body({ schema: GatePolicy }) policy: GatePolicy,
    @By() by: Caller,
    @IfMatch() expected: number | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Gates> {
    return this.gates.set(scope, policy, { by, expected }, reply);
  }

  @Delete()
  @Endpoint('Give up the gates of an identifier or of a pipeline', {
    status: 204,
    ifMatch: seen,
    problems: { 404: 'None are set.', 409: moved },
  })
  reset(
    @Query({ schema: GatesScope }) scope: GatesScope,
    @By() by: Caller,
    @IfMatch() expected: number | undefined,
  ): Promise<void> {
    return this.gates.reset(scope, { by, expected });
  }
}
