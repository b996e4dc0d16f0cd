import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
import {
  CreatePromotion,
  CurrentAnswer,
  CurrentQuery,
  ListPromotions,
  PointerMoved,
  Promotion,
  PromotionPage,
  PromotionPath,
  PromotionRefused,
} from '../../contracts/promotion.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { IfMatch } from '../../http/if-match.js';
import { Once } from '../../http/once.js';
import { PromotionsService } from './promotions.service.js';

@ApiTags('Promotions')
@Controller('promotions')
export class PromotionsController {
  constructor(private readonly promotions: PromotionsService) {}

  @Post()
  @Endpoint('Promote a version by hand, if it loads and runs its example', {
    schema: Promotion,
    creates: true,
    ifMatch:
      'The version of the pointer that you have seen, "0" before the first promotion: refused when it has moved on.',
    problems: {
      400: 'What is wrong, field by field.',
      404: 'There is no such version, or the tracked run made none.',
      409: { description: 'The pointer is not at the version of If-Match.', schema: PointerMoved },
      422: {
        description:
          'A gate refuses it; or, without a request, the Idempotency-Key was used for another body.',
        schema: PromotionRefused,
      },
      503: 'The model cannot be loaded now.',
    },
  })
  create(
    @Body({ schema: CreatePromotion }) body: CreatePromotion,
    @IfMatch() expected: number | undefined,
    @By() by: Caller,
    @Once('/promotions') once: Once,
  ): Promise<string> {
    return this.promotions.create(body, expected, by, once);
  }

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

  @Get(':id')
  @Endpoint('A promotion with its gates', {
    schema: Promotion,
    problems: { 404: 'There is no such promotion.' },
  })
  get(@Param({ schema: PromotionPath }) { id }: PromotionPath): Promise<Promotion> {
    return this.promotions.get(id);
  }
}
