import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { ServingModule } from '../serving/serving.module.js';
import { InferenceServerController } from './inference-server.controller.js';
import { InferenceService } from './inference.service.js';
import { ModelVersionsController } from './model-versions.controller.js';
import { ModelsController } from './models.controller.js';
import { NamedModelsService } from './named-models.service.js';
import { RepositoryController } from './repository.controller.js';
import { RepositoryService } from './repository.service.js';

@Module({
  imports: [HealthModule, ServingModule],
  controllers: [InferenceServerController, ModelsController, ModelVersionsController, RepositoryController],
  providers: [InferenceService, NamedModelsService, RepositoryService],
})
export class InferenceModule {}
