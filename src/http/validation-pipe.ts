import { StandardSchemaValidationPipe, type StandardSchemaValidationPipeOptions } from '@nestjs/common';
import type { z } from 'zod';
import { AppError } from '../contracts/app-error.js';

type Issue = Parameters<NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']>>[0][number];

/** How many faults an answer lists: enough to mend a request, too few to fill a disk. */
const mostIssues = 50;

/**
 * Nest's pipe would delete what is called `constructor` or `prototype` anywhere in a body, without a word: a data set
 * may have such a column. Keys that reach a prototype Fastify's parser has refused; looking for them again would mean
 * to walk over every number of a tensor before it is read.
 */
class WholeBodyPipe extends StandardSchemaValidationPipe {
  protected override stripProtoKeys(): void {}
}

/** Validates every parameter that has a schema, and says of each fault where it is. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new WholeBodyPipe({ exceptionFactory: refused });
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
