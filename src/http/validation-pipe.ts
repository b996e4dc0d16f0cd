import { StandardSchemaValidationPipe, type StandardSchemaValidationPipeOptions } from '@nestjs/common';
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
  return new Pipe({
    exceptionFactory: (issues) =>
      new AppError('invalid_request', 'The request is not of the right form.', {
        issues: issues.slice(0, mostIssues).map(({ path, message }) => ({ path: pathText(path), message })),
      }),
  });
}

function pathText(path: Issue['path'] = []): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}
