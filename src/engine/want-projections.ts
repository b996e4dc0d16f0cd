import type { Tx } from '../platform/database/database.js';
import type { ProjectionSource } from './projection-source.js';

export interface WantedProjection {
  key: string;
  source: ProjectionSource;
}

/**
 * Notes, in the transaction that changes what they show, that these readable objects have to be written again.
 * Sorted by key, so that two transactions that touch the same objects lock them in one order.
 */
export async function wantProjections(
  tx: Tx,
  bucket: string,
  wanted: readonly WantedProjection[],
): Promise<void> {
  const sorted = [...wanted].sort((a, b) => (a.key < b.key ? -1 : 1));
  await tx.$executeRaw`
    insert into projections as p (bucket, key, source)
    select ${bucket}, w.key, w.source
    from unnest(${sorted.map(({ key }) => key)}::text[], ${sorted.map(({ source }) => JSON.stringify(source))}::jsonb[])
      as w(key, source)
    on conflict (bucket, key) do update
    set source = excluded.source, wanted = p.wanted + 1, not_before = null, updated_at = now()`;
}
