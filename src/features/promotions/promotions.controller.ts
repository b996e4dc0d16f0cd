import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentAnswer, CurrentQuery, ListPromotions, PromotionPage } from '../../contracts/promotion.js';
import { Endpoint } from '../../http/endpoint.js';
import { PromotionsService } from './promotions.service.js';

@ApiTags('Promotions')
@Controller('promotions')
export class PromotionsController {
  constructor(private readonly promotions: PromotionsService) {}

  @Get()
  @Endpoint('List promotions, newest first', { schema: PromotionPage })
  list(@Query({ schema: ListPromotions }) query: ListPromotions): Promise<PromotionPage> {
    return this.promotions.list(query);
  }

  @Get('current')
  @Endpoint('What is promoted now: for one identifier, or for all', {
    schema: CurrentAnswer,
    problems: { 404: 'Nothing is promoted for this identifier.' },
  })
  current(@Query({ schema: CurrentQuery }) query: CurrentQuery): Promise<CurrentAnswer> {
    return this.promotions.current(query);
  }
}
