import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/**
 * The key of an object: all of the path behind its bucket. Nest's own `@Param('*')` would stand in the OpenAPI
 * document as a parameter that no path there has.
 */
export const ObjectKey = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<FastifyRequest<{ Params: { '*': string } }>>().params['*'],
);
