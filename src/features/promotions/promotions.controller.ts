import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiNotModifiedResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../contracts/caller.js';
import {
  CreatePromotion,
  CurrentAnswer,
  CurrentQuery,
  DiffQuery,
  ListPromotions,
  PointerMoved,
  Promotion,
  PromotionPage,
  PromotionDetail,
  PromotionPath,
  PromotionPreview,
  Rollback,
} from '../../contracts/promotion.js';
import { PromotionRefused, PromotionRequest } from '../../contracts/promotion-request.js';
import { PromotionDiff } from '../../contracts/promotion-diff.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { IfMatch } from '../../http/if-match.js';
import { Once } from '../../http/once.js';
import { Limits, type RequestLimits } from '../../http/request-limits.js';
import { DiffService } from './diff.service.js';
import { PromotionsService } from './promotions.service.js';

const unknownVersion = 'There is no such version, or the tracked run made none.';
const late = 'It was not judged by the deadline of X-Request-Timeout-Ms.';
const seen =
  'The version of the pointer that you have seen, "0" before the first promotion: refused when it has moved on.';

@ApiTags('Promotions')
@Controller('promotions')
export class PromotionsController {
  constructor(
    private readonly promotions: PromotionsService,
    private readonly diffs: DiffService,
  ) {}

  @Post()
  @ApiAcceptedResponse({
    description: 'Its gates let it pass, and it waits for an approval.',
    standardSchema: PromotionRequest,
  })
  @Endpoint('Promote a version by hand, if its gates let it pass', {
    schema: Promotion,
    creates: true,
    ifMatch: seen,
    problems: {
      400: 'What is wrong, field by field.',
      404: unknownVersion,
      409: {
        description:
          'The pointer is not at the version of If-Match; or, without a pointer, the version is archived.',
        schema: PointerMoved.partial({ current: true }),
      },
      422: {
        description:
          'A gate refuses it; or, without a request, the Idempotency-Key was used for another body.',
        schema: PromotionRefused,
      },
      503: 'It cannot be judged now.',
      504: late,
    },
  })
  create(
    @Body({ schema: CreatePromotion }) body: CreatePromotion,
    @By() by: Caller,
    @IfMatch() expected: number | undefined,
    @Limits() limits: RequestLimits,
    @Once('/promotions') once: Once,
  ): Promise<string> {
    return this.promotions.create(body, { by, expected, limits, once });
  }

  @Post('dry-run')
  @Endpoint('What would come of a promotion by hand: its gates and the verdict', {
    schema: PromotionPreview,
    problems: {
      400: 'What is wrong, field by field.',
      404: unknownVersion,
      503: 'It cannot be judged now.',
      504: late,
    },
  })
  preview(
    @Body({ schema: CreatePromotion }) body: CreatePromotion,
    @Limits() limits: RequestLimits,
  ): Promise<PromotionPreview> {
    return this.promotions.preview(body, limits);
  }

  @Post('rollback')
  @Endpoint('Promote what served before, or what an earlier promotion promoted', {
    schema: Promotion,
    creates: true,
    ifMatch: seen,
    problems: {
      400: 'What is wrong, field by field.',
      404: 'Nothing is promoted for this identifier, or there is no such promotion.',
      409: {
        description:
          'The pointer is not at the version of If-Match; or, without a pointer, there is nothing to go back to, or it serves already.',
        schema: PointerMoved.partial({ current: true }),
      },
      422: 'The model does not load or run any more; or the Idempotency-Key was used for another body.',
      503: 'The model cannot be loaded now.',
    },
  })
  rollback(
    @Body({ schema: Rollback }) body: Rollback,
    @By() by: Caller,
    @IfMatch() expected: number | undefined,
    @Limits() limits: RequestLimits,
    @Once('/promotions') once: Once,
  ): Promise<string> {
    return this.promotions.rollback(body, { by, expected, limits, once });
  }

  @Get()
  @Endpoint('List promotions, newest first', { schema: PromotionPage })
  list(@Query({ schema: ListPromotions }) query: ListPromotions): Promise<PromotionPage> {
    return this.promotions.list(query);
  }

  @Get('current')
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'ETag of the pointer that you have.' })
  @ApiNotModifiedResponse({ description: 'The pointer of the identifier is where you have seen it.' })
  @Endpoint('What is promoted now: for one identifier, or for all', {
    schema: CurrentAnswer,
    problems: { 404: 'Nothing is promoted for this identifier.' },
  })
  current(
    @Query({ schema: CurrentQuery }) query: CurrentQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CurrentAnswer | undefined> {
    return this.promotions.current(query, request, reply);
  }

  @Get('diff')
  @Endpoint('What is different between the models of two promotions: parameters, metrics, data, build', {
    schema: PromotionDiff,
    problems: { 404: 'There is no such promotion.' },
  })
  compare(@Query({ schema: DiffQuery }) query: DiffQuery): Promise<PromotionDiff> {
    return this.diffs.diff(query);
  }

  @Get(':id')
  @Endpoint('A promotion with all that the decision was made from', {
    schema: PromotionDetail,
    problems: { 404: 'There is no such promotion.' },
  })
  get(@Param({ schema: PromotionPath }) { id }: PromotionPath): Promise<PromotionDetail> {
    return this.promotions.get(id);
  }
}
