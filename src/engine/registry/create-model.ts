import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import type { CreateModel } from '../../contracts/registry.js';
import type { RegisteredModel } from '../../generated/prisma/client.js';
import type { Tx } from '../../platform/database/database.js';
import { writeAudit } from '../write-audit.js';
import { registryPaths } from './registry-paths.js';

/**
 * Makes a model without versions, in the caller's transaction. The primary key lets one of two that make it at once do
 * so; the other one waits for it and is refused.
 *
 * @throws AppError `conflict` when there is one of that name
 */
export async function createModel(
  tx: Tx,
  by: Caller,
  { name, description, tags }: CreateModel,
): Promise<RegisteredModel> {
  const made = await tx.$executeRaw`
    insert into registered_models (name, description, created_by) values (${name}, ${description}, ${by.name})
    on conflict (name) do nothing`;
  if (made === 0) throw await taken(tx, name);
  await tx.modelTag.createMany({
    data: Object.entries(tags).map(([key, value]) => ({ name, key, value })),
  });
  await writeAudit(tx, by, {
    action: 'model.create',
    subject: registryPaths.model(name),
    after: { description, tags },
  });
  return tx.registeredModel.findUniqueOrThrow({ where: { name } });
}

async function taken(tx: Tx, name: string): Promise<AppError> {
  const model = await tx.registeredModel.findUnique({ where: { name } });
  const archived = model?.archived_at ? '; it is archived, and can be restored' : '';
  return new AppError('conflict', `there is a model ${name} already${archived}`);
}
