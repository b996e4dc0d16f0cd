import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { AppError, type ErrorCode } from '../contracts/app-error.js';
import type { Problem } from '../contracts/problem.js';
import { findOutage, type Outage } from '../platform/database/outage.js';

const statuses: Record<ErrorCode, number> = {
  invalid_request: 400,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  canceled: 409,
  precondition_failed: 412,
  too_large: 413,
  unprocessable: 422,
  // Also a full disk, which passes when somebody frees space. 507 is made for it, but clients, and what stands between
  // them and us, know a 503 and try it again by themselves.
  unavailable: 503,
  timeout: 503,
  deadline_exceeded: 504,
  // Stored data of ours; a caller's own data is an invalid request.
  invalid_data: 500,
  not_finite: 500,
  crashed: 500,
  internal: 500,
};

const outageDetails: Record<Outage, string> = {
  away: 'The database does not answer at the moment; try again soon.',
  full: 'The disk of the database is full: nothing can be written until somebody frees some space.',
};

/** Seconds after which a call that met an outage may be tried again. */
const outageRetryAfterSeconds = 2;

export interface RenderedProblem {
  problem: Problem;
  retryAfterSeconds?: number;
  /** Nobody expected this: it belongs in the log with its stack. */
  unexpected: boolean;
}

/** Any error as an answer. What is not meant for callers (messages of unknown errors, stacks) stays in the log. */
export function toProblem(error: unknown, instance: string, request_id: string): RenderedProblem {
  const render = (status: number, code: string, detail: string, errors: Problem['errors'] = []): Problem => ({
    type: `urn:trainyard:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    instance,
    request_id,
    ...(errors.length > 0 && { errors }),
  });
  if (error instanceof AppError) {
    const status = statuses[error.code];
    const retryAfterSeconds =
      error.retryAfterSeconds ?? (status === 503 ? outageRetryAfterSeconds : undefined);
    const detail = error.message;
    const unexpected = status === 500;
    const problem = render(
      status,
      error.code,
      unexpected ? 'Something went wrong on our side.' : detail,
      error.issues,
    );
    return { problem: { ...problem, ...error.members }, retryAfterSeconds, unexpected };
  }
  const outage = findOutage(error);
  if (outage) {
    const problem = render(503, 'unavailable', outageDetails[outage]);
    return { problem, retryAfterSeconds: outageRetryAfterSeconds, unexpected: false };
  }
  const status = clientErrorStatus(error);
  if (status !== undefined) {
    const detail = error instanceof Error ? error.message : 'The request cannot be answered.';
    const errors = status === 400 ? [{ path: '', message: detail }] : [];
    return { problem: render(status, codeOf(status), detail, errors), unexpected: false };
  }
  return { problem: render(500, 'internal', 'Something went wrong on our side.'), unexpected: true };
}

/** Errors of Nest and Fastify that say that the caller did something wrong: no such route, no JSON, too large. */
function clientErrorStatus(error: unknown): number | undefined {
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
        ? error.statusCode
        : undefined;
  return status !== undefined && status >= 400 && status < 500 ? status : undefined;
}

function codeOf(status: number): ErrorCode {
  const found = Object.entries(statuses).find(([, candidate]) => candidate === status);
  return (found?.[0] as ErrorCode | undefined) ?? 'invalid_request';
}
