import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
import { ImportForm } from '../../contracts/import-model.js';
import {
  CreateModel,
  ListModels,
  ModelPath,
  ModelVersion,
  RegisteredModel,
  RegisteredModelPage,
  UpdateModel,
} from '../../contracts/registry.js';
import { ApiForm } from '../../http/api-form.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { Once } from '../../http/once.js';
import { Limits, type RequestLimits } from '../../http/request-limits.js';
import { Upload } from '../../http/upload.js';
import { importProblems } from './import-problems.js';
import { ImportService } from './import.service.js';
import { RegistryService } from './registry.service.js';

const unknown = { 404: 'There is no such model.' };

@ApiTags('Models')
@Controller('models')
export class RegistryController {
  constructor(
    private readonly registry: RegistryService,
    private readonly imports: ImportService,
  ) {}

  @Post('import')
  @RouteConfig({ form: true })
  @ApiForm(ImportForm)
  @Endpoint('Import an ONNX model that was made elsewhere', {
    schema: ModelVersion,
    creates: true,
    problems: importProblems,
  })
  import(
    @Upload() upload: Upload,
    @Limits() limits: RequestLimits,
    @By() by: Caller,
    @Once('/models') once: Once,
  ): Promise<string> {
    return this.imports.import(upload, limits, by, once);
  }

  @Post()
  @Endpoint('Register a model that has no versions yet', {
    schema: RegisteredModel,
    creates: true,
    problems: { 400: 'What is wrong, field by field.', 409: 'There is a model of that name.' },
  })
  create(
    @Body({ schema: CreateModel }) body: CreateModel,
    @By() by: Caller,
    @Once('/models') once: Once,
  ): Promise<string> {
    return this.registry.create(body, by, once);
  }

  @Get()
  @Endpoint('List registered models, by name', {
    schema: RegisteredModelPage,
    problems: { 400: 'A filter, or a cursor that is not of this list with these filters.' },
  })
  list(@Query({ schema: ListModels }) query: ListModels): Promise<RegisteredModelPage> {
    return this.registry.list(query);
  }

  @Get(':name')
  @Endpoint('A registered model', { schema: RegisteredModel, problems: unknown })
  get(@Param({ schema: ModelPath }) { name }: ModelPath): Promise<RegisteredModel> {
    return this.registry.get(name);
  }

  @Patch(':name')
  @Endpoint('Change the description and the tags of a model', {
    schema: RegisteredModel,
    problems: { ...unknown, 400: 'What is wrong, or more tags than a model may have.' },
  })
  update(
    @Param({ schema: ModelPath }) { name }: ModelPath,
    @Body({ schema: UpdateModel }) body: UpdateModel,
    @By() by: Caller,
  ): Promise<RegisteredModel> {
    return this.registry.update(name, body, by);
  }

  @Post(':name/archive')
  @Endpoint('Put a model out of use: not listed, no imports, no promotions; its versions stay as they are', {
    schema: RegisteredModel,
    problems: { ...unknown, 409: 'One of its versions is promoted; which.' },
  })
  archive(@Param({ schema: ModelPath }) { name }: ModelPath, @By() by: Caller): Promise<RegisteredModel> {
    return this.registry.archive(name, by);
  }

  @Post(':name/restore')
  @Endpoint('Take an archived model back into use', { schema: RegisteredModel, problems: unknown })
  restore(@Param({ schema: ModelPath }) { name }: ModelPath, @By() by: Caller): Promise<RegisteredModel> {
    return this.registry.restore(name, by);
  }

  @Delete(':name')
  @Endpoint('Delete a model with its versions, aliases and tags', {
    status: 204,
    problems: {
      ...unknown,
      409: 'A version of it is or was promoted, or its promotion was asked for; or a pipeline run of it goes on.',
    },
  })
  delete(@Param({ schema: ModelPath }) { name }: ModelPath, @By() by: Caller): Promise<void> {
    return this.registry.delete(name, by);
  }
}
