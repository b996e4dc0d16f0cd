import { Module } from '@nestjs/common';
import { PredictController } from './predict.controller.js';
import { PredictService } from './predict.service.js';
import { ServedModels } from './served-models.js';

@Module({ controllers: [PredictController], providers: [PredictService, ServedModels] })
export class PredictModule {}
