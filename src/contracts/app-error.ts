/**
 * What went wrong, in words a program can branch on. The HTTP status of each code is decided in one place,
 * the error filter; whether a failed step is tried again is decided by `permanentCodes`.
 */
export const errorCodes = [
  'invalid_request',
  'forbidden',
  'not_found',
  'conflict',
  'precondition_failed',
  'too_large',
  'unprocessable',
  'unavailable',
  'invalid_data',
  'not_finite',
  'canceled',
  'timeout',
  'deadline_exceeded',
  'crashed',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Errors that another attempt with the same input would meet again. */
const permanentCodes: ReadonlySet<ErrorCode> = new Set(['invalid_request', 'invalid_data', 'not_finite']);

/** One thing that is wrong, and where: a path into a body, or a column and row of a file. */
export interface Issue {
  path: string;
  message: string;
}

interface AppErrorOptions extends ErrorOptions {
  /** Where it went wrong: `PobleSec.csv, column "down", row 17`. */
  where?: string;
  issues?: Issue[];
  /** Seconds after which the same call may succeed. */
  retryAfterSeconds?: number;
  /** What a program may need to go on, as further members of the answer (RFC 9457, 3.2). */
  members?: Record<string, unknown>;
}

/** The one error of this project: thrown with a code and a cause, rendered in one filter. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly where?: string;
  readonly issues: Issue[];
  readonly retryAfterSeconds?: number;
  readonly members: Record<string, unknown>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { where, issues = [], retryAfterSeconds, members = {}, ...options }: AppErrorOptions = {},
  ) {
    super(message, options);
    this.where = where;
    this.issues = issues;
    this.retryAfterSeconds = retryAfterSeconds;
    this.members = members;
  }

  get permanent(): boolean {
    return permanentCodes.has(this.code);
  }
}
