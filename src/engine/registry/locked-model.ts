import type { ModelVersion, RegisteredModel } from '../../generated/prisma/client.js';
import type { Tx } from '../../platform/database/database.js';
import { unknownModel, unknownVersion } from './unknown.js';

// Whoever needs several locks of the registry takes them in this order: the identifier's pointer (`lockPointer`), the
// model's row, the rows of its versions by number.

/**
 * Locks a model's row until the transaction ends: nobody registers a version of it (see `nextVersion`) or changes it
 * meanwhile.
 *
 * @throws AppError `not_found`
 */
export async function lockModel(tx: Tx, name: string): Promise<RegisteredModel> {
  const held = await tx.$queryRaw<unknown[]>`
    select 1 from registered_models where name = ${name} for update`;
  // Not asked again by what follows: that may find one that was made meanwhile, and is not locked.
  if (held.length === 0) throw unknownModel(name);
  return tx.registeredModel.findUniqueOrThrow({ where: { name } });
}

/**
 * Locks a version's row until the transaction ends: nothing that refers to it, an inference batch say, is written
 * meanwhile, and what was about to be is there to be seen.
 *
 * @throws AppError `not_found`
 */
export async function lockVersion(tx: Tx, name: string, version: number): Promise<ModelVersion> {
  const held = await tx.$queryRaw<unknown[]>`
    select 1 from model_versions where name = ${name} and version = ${version} for update`;
  if (held.length === 0) throw unknownVersion(name, version);
  return tx.modelVersion.findUniqueOrThrow({ where: { name_version: { name, version } } });
}
