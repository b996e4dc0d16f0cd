/** Prisma: cannot reach, timed out, closed, no connection from the pool, transaction not started or lost with its connection. */
const prismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);
const adapterKinds = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionAlreadyClosed',
]);
const socketCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EPIPE', 'EAI_AGAIN']);
/**
 * PostgreSQL's classes: connection exception, insufficient resources, operator intervention (shutdown, crash, and a
 * statement that took too long, behind the lock of a process that was paused, say); a session that it ended because its
 * transaction stood still; and of the errors of its system those that are no missing or doubled file: what it cannot
 * find today it does not find tomorrow.
 */
const sqlStates = /^(08|53|57|25P03$|58000$|58030$)/;
const diskFull = '53100';
const messages =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** Whether somebody has to make room before the database can be written again, or it comes back by itself. */
export type Outage = 'full' | 'away';

/** The database is away, full or restarting: the same statement may succeed later. */
export function isOutage(error: unknown): boolean {
  return findOutage(error) !== undefined;
}

/**
 * Which outage of the database an error is of, if any. Prisma wraps what the driver says several times over, so the whole
 * chain of causes is looked at.
 */
export function findOutage(error: unknown): Outage | undefined {
  for (let depth = 0, at = error; depth < 8 && at instanceof Object; depth++) {
    const { code, kind, originalCode, message, cause, meta } = at as Record<string, unknown>;
    if (code === diskFull || originalCode === diskFull) return 'full';
    if (typeof code === 'string' && (prismaCodes.has(code) || socketCodes.has(code) || sqlStates.test(code)))
      return 'away';
    if (typeof kind === 'string' && adapterKinds.has(kind)) return 'away';
    if (typeof originalCode === 'string' && sqlStates.test(originalCode)) return 'away';
    if (typeof message === 'string' && messages.test(message)) return 'away';
    const inner =
      meta instanceof Object ? findOutage((meta as Record<string, unknown>).driverAdapterError) : undefined;
    if (inner) return inner;
    at = cause;
  }
  return undefined;
}
