import type { ModelVersion } from '../../generated/prisma/client.js';
import type { Tx } from '../../platform/database/database.js';
import { endedRuns } from '../transitions.js';

// Who refers to a version of a model, as a message says it; undefined when nobody does. Asked under the locks of the
// version, so that the answer is still true when what it was asked for is done.

export type VersionName = Pick<ModelVersion, 'name' | 'version'>;

/** Is it what the pointer names? */
export async function promotedNow(tx: Tx, { name, version }: VersionName): Promise<string | undefined> {
  const pointer = await tx.pointer.findUnique({ where: { identifier: name }, include: { promotion: true } });
  if (pointer?.promotion?.model_version !== version) return undefined;
  return `it is promoted (promotion ${pointer.promotion.version} of ${name}); promote another one first`;
}

/** An alias, also `champion`. */
export async function namedBy(tx: Tx, { name, version }: VersionName): Promise<string | undefined> {
  const row = await tx.modelAlias.findFirst({ where: { name, version }, orderBy: { alias: 'asc' } });
  return row ? `the alias ${row.alias} names it; move or delete that first` : undefined;
}

/** A version of a model, or all of its versions. */
type VersionOrModel = Pick<VersionName, 'name'> & Partial<VersionName>;

/** A promotion, now or at any time, or a request for one: both are history. */
export async function askedFor(tx: Tx, { name, version }: VersionOrModel): Promise<string | undefined> {
  const where = { identifier: name, model_version: version };
  const promotion = await tx.promotion.findFirst({ where, orderBy: { version: 'desc' } });
  if (promotion) {
    const { version: number, model_version } = promotion;
    return `promotion ${number} of ${name} is of version ${model_version}: what is or was promoted stays`;
  }
  const request = await tx.promotionRequest.findFirst({ where, orderBy: { created_at: 'desc' } });
  if (!request) return undefined;
  return `request ${request.id} asked to promote version ${request.model_version}: what was asked for stays`;
}

/** Forecasts that stand in result files. */
export async function forecastBy(tx: Tx, { name, version }: VersionOrModel): Promise<string | undefined> {
  const batch = await tx.inferenceBatch.findFirst({ where: { identifier: name, model_version: version } });
  return batch ? `results of ${batch.day} are forecasts of version ${batch.model_version}` : undefined;
}

/**
 * A pipeline run that counts on it: the one that trained it, while it goes on, or one that reused that training (see
 * `StepCache`), which shares its bytes.
 */
export async function trainedIn(
  tx: Tx,
  { run_id, model_sha256 }: Pick<ModelVersion, 'run_id' | 'model_sha256'>,
): Promise<string | undefined> {
  if (run_id === null) return undefined;
  const [run] = await tx.$queryRaw<{ id: string; reused: boolean }[]>`
    select r.id::text, s.cached_from_run_id is not null as reused
    from run_artifacts a
    join steps s on s.run_id = a.run_id and s.outputs->>'tracked_run_id' = ${run_id}
    join pipeline_runs r on r.id = s.run_id
    where a.sha256 = ${model_sha256}
      and (s.cached_from_run_id is not null or r.state::text <> all(${[...endedRuns]}))
    order by r.created_at limit 1`;
  if (!run) return undefined;
  return run.reused
    ? `pipeline run ${run.id} reused its training; delete that run first`
    : `pipeline run ${run.id}, which trained it, goes on; cancel it, or wait for its end`;
}
