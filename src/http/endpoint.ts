import { applyDecorators, HttpCode, SerializeOptions } from '@nestjs/common';
import { ApiDefaultResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { Problem } from '../contracts/problem.js';

interface Answer {
  /** Of a success. */
  status?: number;
  schema?: z.ZodType;
  /** Other documented statuses, with the reason for each. */
  problems?: Record<number, string>;
}

/** What an operation does and answers: its documentation, its status, and the schema that its answer goes through. */
export function Endpoint(
  summary: string,
  { status = 200, schema, problems = {} }: Answer = {},
): MethodDecorator {
  const problem = (code: number, description: string) =>
    ApiResponse({ status: code, description, standardSchema: Problem });
  return applyDecorators(
    ApiOperation({ summary }),
    HttpCode(status),
    ApiResponse({ status, description: summary, standardSchema: schema }),
    ...(schema ? [SerializeOptions({ schema })] : []),
    ...Object.entries(problems).map(([code, description]) => problem(Number(code), description)),
    ApiDefaultResponse({ description: 'An error.', standardSchema: Problem }),
  );
}
