import { z } from 'zod';

export const LogLevel = z.enum(['debug', 'info', 'warn', 'error']).meta({ id: 'LogLevel' });
export type LogLevel = z.infer<typeof LogLevel>;

/** What a step says for people to read. */
export const LogLine = z.object({ level: LogLevel, message: z.string() });
export type LogLine = z.infer<typeof LogLine>;

/** UTF-16 units of a message; what is longer is cut. */
export const maxMessageLength = 4_000;

/**
 * A message as it can be kept: cut at a length that people read, and without what PostgreSQL refuses in JSON, which
 * are NUL and halves of surrogate pairs.
 */
export function storableMessage(message: string): string {
  const left = message.length - maxMessageLength;
  const cut = left > 0 ? `${message.slice(0, maxMessageLength)}… (${left} more characters)` : message;
  return cut.replaceAll('\0', '').replaceAll(/\p{Surrogate}/gu, '\u{FFFD}');
}
