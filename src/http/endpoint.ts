import { applyDecorators, HttpCode, SerializeOptions } from '@nestjs/common';
import { ApiDefaultResponse, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { Problem } from '../contracts/problem.js';
import { ifMatchSchema } from './if-match.js';

interface DetailedProblem {
  description: string;
  schema: z.ZodType;
}

interface Answer {
  /** Of a success; 200 without it, 201 when it creates something. */
  status?: number;
  schema?: z.ZodType;
  /** Other documented statuses, with the reason for each, and the form of those that say more than others. */
  problems?: Record<number, string | DetailedProblem>;
  /** Of its errors; ours without it. */
  errorSchema?: z.ZodType;
  /** It makes something that has an id, once for each `Idempotency-Key`: the handler has `@Once()`. */
  creates?: boolean;
  /** What the version in `If-Match` is of: the handler has `@IfMatch()`. */
  ifMatch?: string;
}

const text = { type: 'string' } as const;
const reusedKey = 'The Idempotency-Key was used for a request with another body.';
const createdHeaders = {
  Location: { description: 'Path of what was made.', schema: text },
  'Idempotency-Replayed': {
    description: 'true when this is the answer of an earlier request with the same Idempotency-Key.',
    schema: text,
  },
};

/** What an operation does and answers: its documentation, its status, and the schema that its answer goes through. */
export function Endpoint(
  summary: string,
  {
    creates = false,
    status = creates ? 201 : 200,
    schema,
    problems = {},
    errorSchema = Problem,
    ifMatch,
  }: Answer = {},
): MethodDecorator {
  const problem = (code: number, given: string | DetailedProblem) => {
    const { description, schema: form } =
      typeof given === 'string' ? { description: given, schema: errorSchema } : given;
    return ApiResponse({ status: code, description, standardSchema: form });
  };
  return applyDecorators(
    ApiOperation({ summary }),
    HttpCode(status),
    ApiResponse({
      status,
      description: summary,
      standardSchema: schema,
      ...(creates && { headers: createdHeaders }),
    }),
    ...(schema ? [SerializeOptions({ schema })] : []),
    ...Object.entries(problems).map(([code, description]) => problem(Number(code), description)),
    ...(creates
      ? [
          ApiHeader({
            name: 'Idempotency-Key',
            required: false,
            description:
              'Printable ASCII, a UUID say. The same request sent again under the same key within a day makes nothing and is answered as the first one was.',
            schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
          }),
          ...(422 in problems ? [] : [problem(422, reusedKey)]),
        ]
      : []),
    ...(ifMatch === undefined
      ? []
      : [ApiHeader({ name: 'If-Match', required: false, description: ifMatch, schema: ifMatchSchema })]),
    ApiDefaultResponse({ description: 'An error.', standardSchema: errorSchema }),
  );
}
