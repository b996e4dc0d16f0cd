import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
import { ImportForm } from '../../contracts/import-model.js';
import {
  ListModels,
  ModelPath,
  ModelVersion,
  ModelVersionPage,
  RegisteredModel,
  RegisteredModelPage,
  VersionPath,
} from '../../contracts/registry.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { ApiForm } from '../../http/api-form.js';
import { Once } from '../../http/once.js';
import { Limits, type RequestLimits } from '../../http/request-limits.js';
import { Upload } from '../../http/upload.js';
import { ImportService } from './import.service.js';
import { RegistryService } from './registry.service.js';

const unknownModel = { 404: 'There is no such model.' };
const unknownVersion = { 404: 'There is no such version or alias.' };

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
    problems: {
      400: 'What is wrong, field by field.',
      413: 'The file is larger than MODEL_UPLOAD_MB.',
      422: 'The model cannot be read, loaded, or run with its example; why. Or the Idempotency-Key was used for a request with another body.',
    },
  })
  import(
    @Upload() upload: Upload,
    @Limits() limits: RequestLimits,
    @By() by: Caller,
    @Once('/models') once: Once,
  ): Promise<string> {
    return this.imports.import(upload, limits, by, once);
  }

  @Get()
  @Endpoint('List registered models, by name', { schema: RegisteredModelPage })
  list(@Query({ schema: ListModels }) query: ListModels): Promise<RegisteredModelPage> {
    return this.registry.list(query);
  }

  @Get(':name')
  @Endpoint('A registered model', { schema: RegisteredModel, problems: unknownModel })
  get(@Param({ schema: ModelPath }) { name }: ModelPath): Promise<RegisteredModel> {
    return this.registry.get(name);
  }

  @Get(':name/versions')
  @Endpoint('List the versions of a model, newest first', {
    schema: ModelVersionPage,
    problems: unknownModel,
  })
  versions(
    @Param({ schema: ModelPath }) { name }: ModelPath,
    @Query({ schema: ListModels }) query: ListModels,
  ): Promise<ModelVersionPage> {
    return this.registry.versions(name, query);
  }

  @Get(':name/versions/:version')
  @Endpoint('A version of a model, by number or alias', { schema: ModelVersion, problems: unknownVersion })
  version(@Param({ schema: VersionPath }) path: VersionPath): Promise<ModelVersion> {
    return this.registry.version(path);
  }
}
