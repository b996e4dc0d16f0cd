import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
import { ImportVersionForm } from '../../contracts/import-model.js';
import { Lineage } from '../../contracts/lineage.js';
import {
  ListVersions,
  ModelPath,
  ModelVersion,
  ModelVersionPage,
  UpdateVersion,
  VersionNumberPath,
  VersionPath,
} from '../../contracts/registry.js';
import { ApiForm } from '../../http/api-form.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { Once } from '../../http/once.js';
import { Limits, type RequestLimits } from '../../http/request-limits.js';
import { Upload } from '../../http/upload.js';
import { importProblems } from './import-problems.js';
import { ImportService } from './import.service.js';
import { VersionsService } from './versions.service.js';

const unknown = { 404: 'There is no such version.' };
const unknownOrAlias = { 404: 'There is no such version or alias.' };

@ApiTags('Models')
@Controller('models/:name/versions')
export class VersionsController {
  constructor(
    private readonly versions: VersionsService,
    private readonly imports: ImportService,
  ) {}

  @Get()
  @Endpoint('List the versions of a model, newest first', {
    schema: ModelVersionPage,
    problems: {
      400: 'A filter, or a cursor that is not of this list with these filters.',
      404: 'There is no such model.',
    },
  })
  list(
    @Param({ schema: ModelPath }) { name }: ModelPath,
    @Query({ schema: ListVersions }) query: ListVersions,
  ): Promise<ModelVersionPage> {
    return this.versions.list(name, query);
  }

  @Post()
  @RouteConfig({ form: true })
  @ApiForm(ImportVersionForm)
  @Endpoint('Import an ONNX model that was made elsewhere as the next version', {
    schema: ModelVersion,
    creates: true,
    problems: importProblems,
  })
  import(
    @Param({ schema: ModelPath }) { name }: ModelPath,
    @Upload() upload: Upload,
    @Limits() limits: RequestLimits,
    @By() by: Caller,
    @Once('/models') once: Once,
  ): Promise<string> {
    return this.imports.import(upload, limits, by, once, name);
  }

  @Get(':version')
  @Endpoint('A version of a model, by number or alias', { schema: ModelVersion, problems: unknownOrAlias })
  get(@Param({ schema: VersionPath }) path: VersionPath): Promise<ModelVersion> {
    return this.versions.get(path);
  }

  @Get(':version/lineage')
  @Endpoint('Where a version comes from: files, preprocessing, training; and where it was promoted', {
    schema: Lineage,
    problems: unknownOrAlias,
  })
  lineage(@Param({ schema: VersionPath }) path: VersionPath): Promise<Lineage> {
    return this.versions.lineage(path);
  }

  @Patch(':version')
  @Endpoint('Change the description and the tags of a version', {
    schema: ModelVersion,
    problems: { ...unknown, 400: 'What is wrong, or more tags than a version may have.' },
  })
  update(
    @Param({ schema: VersionNumberPath }) path: VersionNumberPath,
    @Body({ schema: UpdateVersion }) body: UpdateVersion,
    @By() by: Caller,
  ): Promise<ModelVersion> {
    return this.versions.update(path, body, by);
  }

  @Post(':version/archive')
  @Endpoint('Put a version out of use: not listed, not served, not promoted', {
    schema: ModelVersion,
    problems: { ...unknown, 409: 'It is promoted, or an alias names it; which.' },
  })
  archive(
    @Param({ schema: VersionNumberPath }) path: VersionNumberPath,
    @By() by: Caller,
  ): Promise<ModelVersion> {
    return this.versions.archive(path, by);
  }

  @Post(':version/restore')
  @Endpoint('Take an archived version back into use', { schema: ModelVersion, problems: unknown })
  restore(
    @Param({ schema: VersionNumberPath }) path: VersionNumberPath,
    @By() by: Caller,
  ): Promise<ModelVersion> {
    return this.versions.restore(path, by);
  }

  @Delete(':version')
  @Endpoint('Delete a version that nothing refers to; its number is not given again', {
    status: 204,
    problems: {
      ...unknown,
      409: 'It is or was promoted, its promotion was asked for, an alias names it, it has forecast, or a pipeline run counts on it; which.',
    },
  })
  delete(@Param({ schema: VersionNumberPath }) path: VersionNumberPath, @By() by: Caller): Promise<void> {
    return this.versions.delete(path, by);
  }
}
