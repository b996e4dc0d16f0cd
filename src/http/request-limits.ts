import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../contracts/app-error.js';

/** How long a request's answer is of use to its caller. */
export interface RequestLimits {
  /** On the clock of `performance.now()`, milliseconds. */
  deadline: number;
  /** Has the caller hung up? */
  isGone: () => boolean;
}

const header = 'x-request-timeout-ms';
const presetMs = 30_000;
const longestMs = 600_000;

/** @throws AppError `invalid_request` for a time that is none */
export function requestLimits({ headers, raw }: FastifyRequest): RequestLimits {
  const text = headers[header];
  const timeoutMs = text === undefined ? presetMs : Number(text);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > longestMs) {
    const message = `must be whole milliseconds from 1 to ${longestMs}`;
    throw new AppError('invalid_request', `X-Request-Timeout-Ms ${message}.`, {
      issues: [{ path: 'X-Request-Timeout-Ms', message }],
    });
  }
  return { deadline: performance.now() + timeoutMs, isGone: () => raw.socket.destroyed };
}

/** The limits of the request, as a handler's parameter. */
export const Limits = createParamDecorator((_: unknown, context: ExecutionContext) =>
  requestLimits(context.switchToHttp().getRequest<FastifyRequest>()),
);
