import { Module } from '@nestjs/common';
import { ServingModule } from '../serving/serving.module.js';
import { PromotionsController } from './promotions.controller.js';
import { PromotionsService } from './promotions.service.js';

@Module({ imports: [ServingModule], controllers: [PromotionsController], providers: [PromotionsService] })
export class PromotionsModule {}
