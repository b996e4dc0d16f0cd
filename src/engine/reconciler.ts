import { setTimeout as delay } from 'node:timers/promises';
import { reconcile, type ReconcileDeps } from './reconcile.js';

export interface ReconcilerSettings {
  intervalMs: number;
  onError: (error: unknown) => void;
}

/** Reconciles again and again until it is stopped; a turn that fails is followed by the next one. */
export function startReconciler(deps: ReconcileDeps, { intervalMs, onError }: ReconcilerSettings) {
  const stopping = new AbortController();
  let calmSince = performance.now();

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await reconcile(deps, performance.now() - calmSince);
      } catch (error) {
        onError(error);
        calmSince = performance.now();
      }
      await delay(intervalMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const running = loop();
  return {
    /** Resolves when the turn under way has ended. */
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}
