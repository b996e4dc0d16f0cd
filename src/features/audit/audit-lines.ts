import { AuditEntry } from '../../contracts/audit.js';
import type { AuditEntry as AuditRow, Prisma } from '../../generated/prisma/client.js';
import type { Database } from '../../platform/database/database.js';

type Place = Pick<AuditRow, 'created_at' | 'id'>;

/** Entries that are read at once: what an export has in memory, however many there are. */
const pageSize = 300;

/**
 * Entries as JSON lines, oldest first, some hundred of them in each text. A page is read when it is asked for, and from
 * the entry that the one before ended with: no transaction is open while a reader takes its time.
 *
 * The newest entry is looked up first, and nothing is read beyond it: what is written meanwhile comes behind it, so an
 * export ends although others go on changing things.
 */
export async function* auditLines(
  db: Database,
  where: Prisma.AuditEntryWhereInput,
): AsyncGenerator<string, undefined> {
  const newest = await db.auditEntry.findFirst({ where, orderBy: [{ created_at: 'desc' }, { id: 'desc' }] });
  if (!newest) return;
  for (let after: Place | undefined; ;) {
    const rows = await db.auditEntry.findMany({
      where: { AND: [where, upTo(newest), after ? behind(after) : {}] },
      orderBy: [{ created_at: 'asc' }, { id: 'asc' }],
      take: pageSize,
    });
    if (rows.length > 0) yield rows.map((row) => `${JSON.stringify(AuditEntry.parse(row))}\n`).join('');
    if (rows.length < pageSize) return;
    after = rows.at(-1);
  }
}

// One bound, which an index can go to, and the equal ones left out again.

function behind({ created_at, id }: Place): Prisma.AuditEntryWhereInput {
  return { created_at: { gte: created_at }, NOT: { created_at, id: { lte: id } } };
}

function upTo({ created_at, id }: Place): Prisma.AuditEntryWhereInput {
  return { created_at: { lte: created_at }, NOT: { created_at, id: { gt: id } } };
}
