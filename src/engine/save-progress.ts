import type { StepProgress } from '../contracts/step-progress.js';
import type { Database } from '../platform/database/database.js';
import { newsChannel, newsText } from '../platform/database/news.js';
import type { Lease } from './lease.js';

/** Shows how far an attempt is, as long as it is ours. A latest value: no event, no history. */
export async function saveProgress(db: Database, lease: Lease, progress: StepProgress): Promise<void> {
  await db.$executeRaw`
    with saved as (
      update steps set progress = ${JSON.stringify(progress)}::jsonb
      where run_id = ${lease.run_id}::uuid and name = ${lease.step} and state = 'RUNNING'
        and attempt = ${lease.attempt} and lease_token = ${lease.lease_token}::uuid
      returning run_id)
    select pg_notify(${newsChannel}, ${newsText({ kind: 'run', run_id: lease.run_id })}) from saved`;
}
