import type { Cursors, PageRequest } from './cursors.js';

const orderBy = [{ created_at: 'desc' as const }, { id: 'desc' as const }];

/**
 * A page of a list that is sorted by time, newest first, and by id where times are equal: what to ask Prisma for, and
 * how to make the page from its rows.
 */
export function newestFirst(cursors: Cursors, list: string, request: PageRequest) {
  const position = cursors.positionOf(list, request);
  const at = position?.value ? new Date(position.value) : undefined;
  return {
    // One bound, which an index can go to, and the equal ones left out again.
    where:
      at && position ? { created_at: { lte: at }, NOT: { created_at: at, id: { gte: position.id } } } : {},
    orderBy,
    take: request.limit + 1,
    page: <T extends { id: string; created_at: Date }>(rows: readonly T[]) =>
      cursors.pageOf(list, request, rows, ({ created_at, id }) => ({ value: created_at.toISOString(), id })),
  };
}
