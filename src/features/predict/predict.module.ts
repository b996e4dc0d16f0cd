import { Module } from '@nestjs/common';
import { ServingModule } from '../serving/serving.module.js';
import { PredictController } from './predict.controller.js';
import { PredictService } from './predict.service.js';

@Module({ imports: [ServingModule], controllers: [PredictController], providers: [PredictService] })
export class PredictModule {}
