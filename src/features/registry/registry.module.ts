import { Module } from '@nestjs/common';
import { ImportService } from './import.service.js';
import { RegistryController } from './registry.controller.js';
import { RegistryService } from './registry.service.js';

@Module({ controllers: [RegistryController], providers: [ImportService, RegistryService] })
export class RegistryModule {}
