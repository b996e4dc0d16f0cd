import type { Tx } from '../platform/database/database.js';

/** The number of a model's next version. The counter's row lock gives two that register at once two numbers. */
export async function nextVersion(tx: Tx, name: string): Promise<number> {
  await tx.$executeRaw`insert into registered_models (name) values (${name}) on conflict (name) do nothing`;
  const { last_version } = await tx.registeredModel.update({
    where: { name },
    data: { last_version: { increment: 1 } },
  });
  return last_version;
}
