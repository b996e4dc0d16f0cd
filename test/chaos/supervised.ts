import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../e2e/processes.js';

const restartMs = 300;

/** A process that is started again whenever it ends, as a supervisor does, until it is told to stop. */
export interface Supervised {
  name: string;
  /** Undefined while it is being started. */
  running: Running | undefined;
  /** Ends it for good and waits for that. */
  stop(): Promise<void>;
}

export async function supervised(name: string, start: () => Promise<Running>): Promise<Supervised> {
  let stopping = false;
  const slot: Supervised = {
    name,
    running: await start(),
    async stop() {
      stopping = true;
      // A process that was paused cannot hear of it.
      slot.running?.signal('SIGCONT');
      await slot.running?.stop();
      await following;
    },
  };
  const follow = async () => {
    for (;;) {
      await slot.running?.ended;
      slot.running = undefined;
      if (stopping) return;
      await delay(restartMs);
      // It may be killed before it is ready; then it is started once more.
      slot.running = await start().catch(() => undefined);
      if (stopping) await slot.running?.stop();
    }
  };
  const following = follow();
  return slot;
}
