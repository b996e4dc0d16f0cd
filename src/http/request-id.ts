import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { requestIdForm } from '../contracts/request-id.js';

/** The caller's `X-Request-Id` when it is harmless, a new one otherwise. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && requestIdForm.test(given) ? given : randomUUID();
}
