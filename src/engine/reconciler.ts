import { reconcile, type ReconcileDeps } from './reconcile.js';
import { type Repeating, repeating, type RepeatingSettings } from './repeating.js';

/** Reconciles again and again until it is stopped. */
export function startReconciler(deps: ReconcileDeps, { intervalMs, onError }: RepeatingSettings): Repeating {
  let calmSince = performance.now();
  return repeating(() => reconcile(deps, performance.now() - calmSince), {
    intervalMs,
    onError(error) {
      calmSince = performance.now();
      onError(error);
    },
  });
}
