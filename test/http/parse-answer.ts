import type { z } from 'zod';

/**
 * An answer's body by the schema of its contract. The schema is of what the gateway has in hand, where a time is a
 * Date; JSON has it as text, exactly as it is written here: ISO 8601 in UTC.
 */
export function parseAnswer<T>(schema: z.ZodType<T>, { text }: { text: string }): T {
  return schema.parse(JSON.parse(text, revive));
}

const utc = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

function revive(key: string, value: unknown): unknown {
  if (key.endsWith('_times') && Array.isArray(value)) return value.map((time) => revive('at', time));
  return /(^|_)at$|^since$/.test(key) && typeof value === 'string' && utc.test(value)
    ? new Date(value)
    : value;
}
