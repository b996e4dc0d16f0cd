import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
import { PointerMoved, Promotion } from '../../contracts/promotion.js';
import {
  DecideRequest,
  ListPromotionRequests,
  PromotionRefused,
  PromotionRequest,
  PromotionRequestPage,
  RequestPath,
} from '../../contracts/promotion-request.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { IfMatch } from '../../http/if-match.js';
import { Once } from '../../http/once.js';
import { Limits, type RequestLimits } from '../../http/request-limits.js';
import { PromotionRequestsService } from './promotion-requests.service.js';

const unknown = { 404: 'There is no such request.' };

@ApiTags('Promotions')
@Controller('promotion-requests')
export class PromotionRequestsController {
  constructor(private readonly requests: PromotionRequestsService) {}

  @Get()
  @Endpoint('List every request for a promotion, newest first: accepted, refused, pending, rejected', {
    schema: PromotionRequestPage,
  })
  list(
    @Query({ schema: ListPromotionRequests }) query: ListPromotionRequests,
  ): Promise<PromotionRequestPage> {
    return this.requests.list(query);
  }

  @Get(':id')
  @Endpoint('A request for a promotion, with what its gates said', {
    schema: PromotionRequest,
    problems: unknown,
  })
  get(@Param({ schema: RequestPath }) { id }: RequestPath): Promise<PromotionRequest> {
    return this.requests.get(id);
  }

  @Post(':id/approve')
  @Endpoint('Approve a request that waits for it: its gates are looked at anew, and it is promoted', {
    schema: Promotion,
    creates: true,
    ifMatch: 'The version of the pointer that you have seen: refused when it has moved on.',
    problems: {
      ...unknown,
      409: {
        description: 'It does not wait any more, or the pointer is not at the version of If-Match.',
        schema: PointerMoved.partial({ current: true }),
      },
      422: {
        description:
          'By now a gate refuses it; or, without a request, the Idempotency-Key was used for another body.',
        schema: PromotionRefused,
      },
      503: 'It cannot be judged now.',
      504: 'It was not judged by the deadline of X-Request-Timeout-Ms.',
    },
  })
  approve(
    @Param({ schema: RequestPath }) { id }: RequestPath,
    @Body({ schema: DecideRequest }) body: DecideRequest,
    @By() by: Caller,
    @IfMatch() expected: number | undefined,
    @Limits() limits: RequestLimits,
    @Once('/promotions') once: Once,
  ): Promise<string> {
    return this.requests.approve(id, body, { by, expected, limits, once });
  }

  @Post(':id/reject')
  @Endpoint('Reject a request that waits for an approval', {
    schema: PromotionRequest,
    problems: { ...unknown, 409: 'It does not wait any more.' },
  })
  reject(
    @Param({ schema: RequestPath }) { id }: RequestPath,
    @Body({ schema: DecideRequest }) body: DecideRequest,
    @By() by: Caller,
  ): Promise<PromotionRequest> {
    return this.requests.reject(id, body, by);
  }
}
