import type { ListPipelineRuns, runSortColumns } from '../../contracts/list-pipeline-runs.js';
import type { PipelineRun, Prisma } from '../../generated/prisma/client.js';
import type { Cursors, Position } from '../../http/cursors.js';

type Where = Prisma.PipelineRunWhereInput;
type SortColumn = (typeof runSortColumns)[number];
type Sorted = Pick<PipelineRun, 'id' | SortColumn>;

interface Column {
  /** As it stands in a cursor. */
  value(run: Sorted): string | null;
  /** Runs that have the value, */
  at(value: string): Where;
  /** those and the ones behind them, */
  from(value: string, sort: Prisma.SortOrder): Where;
  /** and those without a value, which come last whichever way the list goes. */
  without?: Where;
  orderBy(sort: Prisma.SortOrder): Prisma.PipelineRunOrderByWithRelationInput;
}

const columns: Record<SortColumn, Column> = {
  created_at: {
    value: (run) => run.created_at.toISOString(),
    at: (created_at) => ({ created_at }),
    from: (value, sort) => ({ created_at: from(value, sort) }),
    orderBy: (created_at) => ({ created_at }),
  },
  started_at: {
    value: (run) => run.started_at?.toISOString() ?? null,
    at: (started_at) => ({ started_at }),
    from: (value, sort) => ({ started_at: from(value, sort) }),
    without: { started_at: null },
    orderBy: (sort) => ({ started_at: { sort, nulls: 'last' } }),
  },
  ended_at: {
    value: (run) => run.ended_at?.toISOString() ?? null,
    at: (ended_at) => ({ ended_at }),
    from: (value, sort) => ({ ended_at: from(value, sort) }),
    without: { ended_at: null },
    orderBy: (sort) => ({ ended_at: { sort, nulls: 'last' } }),
  },
  priority: {
    value: (run) => String(run.priority),
    at: (value) => ({ priority: Number(value) }),
    from: (value, sort) => ({ priority: from(Number(value), sort) }),
    orderBy: (priority) => ({ priority }),
  },
};

const list = '/pipeline-runs';

/**
 * A page of runs in the order that is asked for, and by id where that leaves it open: what to ask Prisma for, and how
 * to make the page from its rows. A run that is added or changed meanwhile may be missed; no other one is, and none is
 * shown twice that has kept its place.
 */
export function sortedRuns(cursors: Cursors, query: ListPipelineRuns) {
  const column = columns[query.sort.replace('-', '') as SortColumn];
  const sort: Prisma.SortOrder = query.sort.startsWith('-') ? 'desc' : 'asc';
  const position = cursors.positionOf(list, query);
  return {
    where: position ? behind(column, sort, position) : {},
    orderBy: [column.orderBy(sort), { id: sort }],
    take: query.limit + 1,
    page: <T extends Sorted>(rows: readonly T[]) =>
      cursors.pageOf(list, query, rows, (run) => ({ value: column.value(run), id: run.id })),
  };
}

function behind(column: Column, sort: Prisma.SortOrder, { value, id }: Position): Where {
  // Where values are equal, the id decides, the same way.
  const upTo = sort === 'desc' ? { id: { gte: id } } : { id: { lte: id } };
  if (value === null) return { ...column.without, NOT: upTo };
  // One bound, which an index can go to, and the equal ones left out again.
  const rest: Where = { ...column.from(value, sort), NOT: { ...column.at(value), ...upTo } };
  return column.without ? { OR: [rest, column.without] } : rest;
}

function from<V>(value: V, sort: Prisma.SortOrder): { lte: V } | { gte: V } {
  return sort === 'desc' ? { lte: value } : { gte: value };
}
