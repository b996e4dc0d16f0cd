import { z } from 'zod';
import { AppError } from '../contracts/app-error.js';

/** The last row of a page: lists are ordered by time and, where times are equal, by id. */
const Position = z.object({ at: z.iso.datetime(), id: z.uuid() });

export interface Position {
  at: Date;
  id: string;
}

/** Opaque to callers, so that what a list is ordered by can change. */
export function encodeCursor({ at, id }: Position): string {
  return Buffer.from(JSON.stringify({ at: at.toISOString(), id })).toString('base64url');
}

/** @throws AppError `invalid_request` for anything that `encodeCursor` did not make */
export function decodeCursor(cursor: string): Position {
  const { at, id } = parseCursor(cursor, Position);
  return { at: new Date(at), id };
}

/** For lists that are ordered by a number. */
const Numbered = z.object({
  number: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
});

export function encodeNumberCursor(number: number): string {
  return Buffer.from(JSON.stringify({ number })).toString('base64url');
}

/** @throws AppError `invalid_request` for anything that `encodeNumberCursor` did not make */
export function decodeNumberCursor(cursor: string): number {
  return parseCursor(cursor, Numbered).number;
}

function parseCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_request', 'the cursor is none of ours: take next_cursor of the page before', {
    issues: [{ path: 'cursor', message: 'must be the next_cursor of a page' }],
  });
}

/** The rows after a cursor, newest first, as a Prisma condition. */
export function olderThan(cursor: string | undefined) {
  if (cursor === undefined) return {};
  const { at, id } = decodeCursor(cursor);
  return { OR: [{ created_at: { lt: at } }, { created_at: at, id: { lt: id } }] };
}

/** A page from `limit + 1` rows, newest first: the one too many says that there is a next page. */
export function toPage<T extends { id: string; created_at: Date }>(rows: readonly T[], limit: number) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next_cursor = rows.length > limit && last ? encodeCursor({ at: last.created_at, id: last.id }) : null;
  return { items, next_cursor };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
