import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** JSON lines on standard output, one process's name on each. */
export function createLogger(name: string, level: string): Logger {
  const serializers = { err: errorFields };
  return pino({
    name,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    base: { pid: process.pid },
    serializers,
  });
}

const deepestCause = 5;

/**
 * What of an error goes into the log. Not everything that hangs on it: the database driver's errors carry their
 * connection, with where and as whom it was made.
 */
function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    type: name,
    message,
    ...('code' in error && { code: String(error.code) }),
    stack,
    ...(cause !== undefined && depth < deepestCause && { cause: errorFields(cause, depth + 1) }),
  };
}
