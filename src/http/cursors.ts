import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../contracts/app-error.js';
import { canonicalJson } from '../platform/canonical-json.js';

/** The last row of a page: what the list is sorted by, null where the row has none, and the id where that is equal. */
const Position = z.object({ value: z.string().nullable(), id: z.string() });
export type Position = z.infer<typeof Position>;

/** What is asked for: how many rows, from where on, and everything else that decides which rows in which order. */
export interface PageRequest {
  limit: number;
  cursor?: string;
  [filterOrSort: string]: unknown;
}

export interface Cursors {
  /**
   * The row that a page begins behind; undefined for the first page.
   *
   * @param list its path, which tells it from other lists
   * @throws AppError `invalid_request` for a cursor that `pageOf` did not give for this list, these filters and this sort
   */
  positionOf(list: string, request: PageRequest): Position | undefined;
  /** A page from `limit + 1` rows: the one too many says that there is a next page. */
  pageOf<T>(
    list: string,
    request: PageRequest,
    rows: readonly T[],
    position: (row: T) => Position,
  ): { items: T[]; next_cursor: string | null };
}

const Signed = Position.extend({ list: z.string(), query: z.string() });

/**
 * Cursors are opaque to callers, so that what a list is sorted by can change, and signed: one that was changed, or
 * that was given for other filters, would quietly skip rows or repeat them.
 *
 * @param secret the same in all gateways
 */
export function createCursors(secret: Uint8Array): Cursors {
  const sign = (payload: string) => createHmac('sha256', secret).update(payload).digest('base64url');
  return {
    positionOf(list, request) {
      if (request.cursor === undefined) return undefined;
      const [payload = '', signature = ''] = request.cursor.split('.');
      // Compared as text: base64 has several spellings of the same bytes.
      if (request.cursor !== `${payload}.${signature}` || !isSame(signature, sign(payload))) {
        throw refused('was changed or is none of ours: send next_cursor of the page before as it is');
      }
      const cursor = Signed.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
      if (cursor.list !== list) throw refused(`is of the list ${cursor.list}, and this is ${list}`);
      if (cursor.query !== queryHash(request)) {
        throw refused('was given for other filters or another sort: repeat those of the page before');
      }
      return { value: cursor.value, id: cursor.id };
    },
    pageOf(list, request, rows, position) {
      const items = rows.slice(0, request.limit);
      const last = items.at(-1);
      if (rows.length <= request.limit || last === undefined) return { items, next_cursor: null };
      const signed: z.infer<typeof Signed> = { ...position(last), list, query: queryHash(request) };
      const payload = Buffer.from(JSON.stringify(signed)).toString('base64url');
      return { items, next_cursor: `${payload}.${sign(payload)}` };
    },
  };
}

/** Pages of one list may be of different lengths; everything else about their requests is the same. */
function queryHash({ limit: _limit, cursor: _cursor, ...query }: PageRequest): string {
  return createHash('sha256').update(canonicalJson(query)).digest('base64url');
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function refused(why: string): AppError {
  return new AppError('invalid_request', `The cursor ${why}.`, {
    issues: [{ path: 'cursor', message: why }],
  });
}
