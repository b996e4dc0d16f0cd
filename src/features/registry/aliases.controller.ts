import { Body, Controller, Delete, Get, Param, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../contracts/caller.js';
import { AliasPath, ListAliases, ModelAlias, ModelAliasPage, SetAlias } from '../../contracts/model-alias.js';
import { ModelPath } from '../../contracts/registry.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { AliasesService } from './aliases.service.js';

const champion = 'It is champion, which promotions write';

@ApiTags('Models')
@Controller('models/:name/aliases')
export class AliasesController {
  constructor(private readonly aliases: AliasesService) {}

  @Get()
  @Endpoint('List the aliases of a model, by name', {
    schema: ModelAliasPage,
    problems: { 404: 'There is no such model.' },
  })
  list(
    @Param({ schema: ModelPath }) { name }: ModelPath,
    @Query({ schema: ListAliases }) query: ListAliases,
  ): Promise<ModelAliasPage> {
    return this.aliases.list(name, query);
  }

  @Put(':alias')
  @ApiCreatedResponse({ description: 'There was no such alias before.', standardSchema: ModelAlias })
  @Endpoint('Let an alias lead to a version; who is served by it follows', {
    schema: ModelAlias,
    problems: {
      400: 'What is wrong, field by field.',
      404: 'There is no such version.',
      409: `${champion}; or the version is archived; or the model has as many aliases as it may.`,
    },
  })
  set(
    @Param({ schema: AliasPath }) path: AliasPath,
    @Body({ schema: SetAlias }) body: SetAlias,
    @By() by: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModelAlias> {
    return this.aliases.set(path, body, by, reply);
  }

  @Delete(':alias')
  @Endpoint('Delete an alias; the version stays', {
    status: 204,
    problems: { 404: 'There is no such alias.', 409: `${champion}.` },
  })
  delete(@Param({ schema: AliasPath }) path: AliasPath, @By() by: Caller): Promise<void> {
    return this.aliases.delete(path, by);
  }
}
