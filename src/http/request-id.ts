import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a caller may choose as an id: it goes into logs and headers. */
const acceptable = /^[\w.:-]{1,100}$/;

/** The caller's `X-Request-Id` when it is harmless, a new one otherwise. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
}
