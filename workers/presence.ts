import {
  announceWorker,
  beat,
  heartbeatMs,
  type Presence,
  retireWorker,
} from '../src/engine/worker-presence.js';
import { repeating } from '../src/engine/repeating.js';
import type { Database } from '../src/platform/database/database.js';

/**
 * Shows this worker among the others as long as it lives. Nothing depends on it but what people see: steps are held by
 * leases.
 */
export async function showPresence(
  db: Database,
  presence: Presence,
  onError: (error: unknown) => void,
): Promise<{ stop(): Promise<void> }> {
  await announceWorker(db, presence);
  const beating = repeating(() => beat(db, presence), { intervalMs: heartbeatMs, onError });
  return {
    async stop() {
      await beating.stop();
      await retireWorker(db, presence.id).catch(onError);
    },
  };
}
