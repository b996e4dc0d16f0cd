import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../contracts/app-error.js';

/** The header in the documentation. */
export const ifMatchSchema = { type: 'string', pattern: '^"(0|[1-9][0-9]*)"$', example: '"3"' } as const;

const form = /^"(0|[1-9]\d{0,9})"$/;

/**
 * `@IfMatch() expected: number | undefined` in a handler whose `@Endpoint` has `ifMatch`: the version that a caller has
 * seen, `If-Match: "3"`; undefined when the header is not there.
 *
 * @throws AppError `invalid_request` for anything else
 */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext) =>
  readIfMatch(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);

function readIfMatch(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, version] = form.exec(text) ?? [];
  if (version !== undefined) return Number(version);
  const message = 'must be one version in double quotes, such as "3"';
  throw new AppError('invalid_request', `The header If-Match ${message}.`, {
    issues: [{ path: 'If-Match', message }],
  });
}
