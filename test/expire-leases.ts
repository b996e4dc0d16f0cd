import { expireLeases as expire } from '../src/engine/leases.js';
import type { Database } from '../src/platform/database/database.js';

/** As the reconciler does, but with nobody to report a fault to: it is the test's. */
export function expireLeases(db: Database, actor = 'reconciler'): Promise<string[]> {
  return expire(db, actor, (error) => {
    throw error;
  });
}
