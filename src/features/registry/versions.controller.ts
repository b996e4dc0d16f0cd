import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
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
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { VersionsService } from './versions.service.js';

const unknown = { 404: 'There is no such version.' };
const unknownOrAlias = { 404: 'There is no such version or alias.' };

@ApiTags('Models')
@Controller('models/:name/versions')
export class VersionsController {
  constructor(private readonly versions: VersionsService) {}

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
