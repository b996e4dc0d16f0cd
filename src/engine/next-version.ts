import type { Tx } from '../platform/database/database.js';

/**
 * The number of a model's next version; makes the model when there is none. The counter's row lock gives two that
 * register at once two numbers. A model that was deleted and comes back counts on.
 *
 * A deletion that commits between the two statements would leave nothing to count with: both are done again then. The
 * numbers of a deleted model are read by the second one, when its row is there and no deletion is under way any more.
 */
export async function nextVersion(tx: Tx, name: string, actor: string): Promise<number> {
  for (;;) {
    await tx.$executeRaw`
      insert into registered_models (name, created_by) values (${name}, ${actor}) on conflict (name) do nothing`;
    const [row] = await tx.$queryRaw<{ last_version: number }[]>`
      update registered_models m
      set last_version = 1 + greatest(
            m.last_version, (select d.last_version from deleted_models d where d.name = ${name})),
          updated_at = clock_timestamp()
      where m.name = ${name} returning m.last_version`;
    if (row) return row.last_version;
  }
}
