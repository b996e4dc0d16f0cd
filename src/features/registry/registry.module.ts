import { Module } from '@nestjs/common';
import { AliasesController } from './aliases.controller.js';
import { AliasesService } from './aliases.service.js';
import { ImportService } from './import.service.js';
import { RegistryController } from './registry.controller.js';
import { RegistryService } from './registry.service.js';
import { VersionsController } from './versions.controller.js';
import { VersionsService } from './versions.service.js';

@Module({
  controllers: [RegistryController, VersionsController, AliasesController],
  providers: [ImportService, RegistryService, VersionsService, AliasesService],
})
export class RegistryModule {}
