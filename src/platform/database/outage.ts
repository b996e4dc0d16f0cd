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
 * statement that took too long, behind the lock of a process that was paused, say).
 */
const sqlStates = /^(08|53|57)/;
const messages =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error/;

/**
 * The database is away, full or restarting: the same statement may succeed later. Prisma wraps what the driver says
 * several times over, so the whole chain of causes is looked at.
 */
export function isOutage(error: unknown): boolean {
  for (let depth = 0, at = error; depth < 8 && at instanceof Object; depth++) {
    const { code, kind, originalCode, message, cause, meta } = at as Record<string, unknown>;
    if (typeof code === 'string' && (prismaCodes.has(code) || socketCodes.has(code) || sqlStates.test(code)))
      return true;
    if (typeof kind === 'string' && adapterKinds.has(kind)) return true;
    if (typeof originalCode === 'string' && sqlStates.test(originalCode)) return true;
    if (typeof message === 'string' && messages.test(message)) return true;
    if (meta instanceof Object && isOutage((meta as Record<string, unknown>).driverAdapterError)) return true;
    at = cause;
  }
  return false;
}
