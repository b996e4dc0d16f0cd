import { Module } from '@nestjs/common';
import { ServingModule } from '../serving/serving.module.js';
import { DiffService } from './diff.service.js';
import { GatesController } from './gates.controller.js';
import { GatesService } from './gates.service.js';
import { JudgeService } from './judge.service.js';
import { PromotionRequestsController } from './promotion-requests.controller.js';
import { PromotionRequestsService } from './promotion-requests.service.js';
import { PromotionsController } from './promotions.controller.js';
import { PromotionsService } from './promotions.service.js';

@Module({
  imports: [ServingModule],
  controllers: [PromotionsController, PromotionRequestsController, GatesController],
  providers: [PromotionsService, PromotionRequestsService, GatesService, JudgeService, DiffService],
})
export class PromotionsModule {}
