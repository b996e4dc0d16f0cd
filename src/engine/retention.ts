import { AppError } from '../contracts/app-error.js';
import type { Caller } from '../contracts/caller.js';
import type { Database } from '../platform/database/database.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { deleteRun } from './delete-run.js';
import { type Repeating, repeating, type RepeatingSettings } from './repeating.js';
import { sweepArtifacts } from './sweep-artifacts.js';

export interface RetentionDeps {
  db: Database;
  store: ObjectStore;
  /** Ended runs that are older are deleted, but for those of which something was promoted; undefined keeps all. */
  maxAgeDays?: number;
}

const batchSize = 100;
/** Who deletes what is too old. */
const by: Caller = { name: 'retention', request_id: null };

/** Deletes what is too old and what nothing refers to, again and again. Two that do so at once do no harm. */
export function startRetention(deps: RetentionDeps, settings: RepeatingSettings): Repeating {
  return repeating(() => retain(deps), settings);
}

/** One turn. @returns how many runs were deleted */
export async function retain({ db, store, maxAgeDays }: RetentionDeps): Promise<number> {
  let deleted = 0;
  if (maxAgeDays !== undefined) {
    const old = await db.$queryRaw<{ id: string }[]>`
      select id::text from pipeline_runs r
      where state in ('SUCCEEDED', 'FAILED', 'CANCELED')
        and ended_at < clock_timestamp() - ${maxAgeDays} * interval '1 day'
        and not exists (
          select 1 from promotions p
          where p.pipeline_run_id = r.id
            or p.run_id in (select t.run_id from tracked_runs t where t.pipeline_run_id = r.id))
      order by ended_at limit ${batchSize}`;
    for (const { id } of old) if (await deleteIfPossible(db, id)) deleted += 1;
  }
  await sweepArtifacts(db, store);
  return deleted;
}

/** Another process may have deleted, retried or promoted it meanwhile. */
async function deleteIfPossible(db: Database, id: string): Promise<boolean> {
  try {
    await deleteRun(db, id, by);
    return true;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'not_found' || error.code === 'conflict')) return false;
    throw error;
  }
}
