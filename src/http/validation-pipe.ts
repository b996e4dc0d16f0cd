import { StandardSchemaValidationPipe, type StandardSchemaValidationPipeOptions } from '@nestjs/common';
import type { z } from 'zod';
import { AppError } from '../contracts/app-error.js';

type Issue = Parameters<NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']>>[0][number];

/** How many faults an answer lists: enough to mend a request, too few to fill a disk. */
const mostIssues = 50;

class Pipe extends StandardSchemaValidationPipe {
  // Fastify's parser has refused keys that reach a prototype; looking for them again would mean to walk over every
  // number of a tensor before it is read.
  protected override stripProtoKeys(): void {}
}

/** Validates every parameter that has a schema, and says of each fault where it is. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new Pipe({ exceptionFactory: refused });
}

/**
 * What a handler reads by itself, validated as a body is.
 * @throws AppError `invalid_request` that says of each fault where it is
 */
export function parseForm<T>(schema: z.ZodType<T>, fields: unknown): T {
  const result = schema.safeParse(fields);
  if (!result.success) throw refused(result.error.issues);
  return result.data;
}

function refused(issues: readonly Issue[]): AppError {
  return new AppError('invalid_request', 'The request is not of the right form.', {
    issues: issues.slice(0, mostIssues).map(({ path, message }) => ({ path: pathText(path), message })),
  });
}

function pathText(path: Issue['path'] = []): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}
