import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../contracts/caller.js';

/** Who acts while there is no login. */
export const anonymous = 'anonymous';

export function callerOf({ id }: FastifyRequest): Caller {
  return { name: anonymous, request_id: id };
}

/** `@By() by: Caller` in a handler that changes something: who asks for it, in which request. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
