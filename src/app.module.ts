import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from './features/audit/audit.module.js';
import { DeadLettersModule } from './features/dead-letters/dead-letters.module.js';
import { HealthModule } from './features/health/health.module.js';
import { InferenceModule } from './features/inference/inference.module.js';
import { MetricsModule } from './features/metrics/metrics.module.js';
import { ObjectsModule } from './features/objects/objects.module.js';
import { PipelinesModule } from './features/pipelines/pipelines.module.js';
import { PredictModule } from './features/predict/predict.module.js';
import { PromotionsModule } from './features/promotions/promotions.module.js';
import { RegistryModule } from './features/registry/registry.module.js';
import { SchedulesModule } from './features/schedules/schedules.module.js';
import { WorkersModule } from './features/workers/workers.module.js';
import { type Resources, ResourcesModule } from './http/resources.module.js';

@Module({
  imports: [
    AuditModule,
    DeadLettersModule,
    HealthModule,
    InferenceModule,
    MetricsModule,
    ObjectsModule,
    PipelinesModule,
    PredictModule,
    PromotionsModule,
    RegistryModule,
    SchedulesModule,
    WorkersModule,
  ],
})
export class AppModule {
  static with(resources: Resources): DynamicModule {
    return { module: AppModule, imports: [ResourcesModule.with(resources)] };
  }
}
