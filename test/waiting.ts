import type { Database } from '../src/platform/database/database.js';
import { eventually } from './integration/eventually.js';

/** Resolves when `count` statements of this database wait for locks that others hold. */
export async function waiting(db: Database, count: number): Promise<void> {
  await eventually(`${count} statements wait for a lock`, async () => {
    const [row] = await db.$queryRaw<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return row?.count === count;
  });
}
