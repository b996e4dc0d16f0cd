import os from 'node:os';
import path from 'node:path';
import { type Env, requireDatabaseUrl } from '../src/config/env.js';
import { type StepKind, stepKinds } from '../src/contracts/states.js';
import { beginHeldRuns } from '../src/engine/begin-held-runs.js';
import { dispatchRun } from '../src/engine/dispatch.js';
import { StepCache } from '../src/engine/step-cache.js';
import { startReconciler } from '../src/engine/reconciler.js';
import { startProjectionWriter } from '../src/engine/write-projections.js';
import { buildHash, version } from '../src/platform/build-info.js';
import { openDatabase } from '../src/platform/database/database.js';
import type { Logger } from '../src/platform/logger.js';
import { createObjectStore } from '../src/platform/object-store/create-object-store.js';
import { ensureBuckets } from '../src/platform/object-store/ensure-buckets.js';
import { objectStoreSettings } from '../src/platform/object-store/object-store-settings.js';
import { projectRoot } from '../src/platform/project-root.js';
import { seldomWarning } from '../src/platform/seldom-warning.js';
import { openStepQueues } from '../src/platform/queue/step-queues.js';
import { startStepWorker } from '../src/platform/queue/step-worker.js';
import { LeaseKeeper } from './lease-keeper.js';
import { showPresence } from './presence.js';
import { runJob } from './run-job.js';
import { StepProcessPool } from './step-process-pool.js';

/** Training takes a core per thread; the other kinds are short. */
function concurrencyOf(kind: StepKind, { WORKER_CONCURRENCY, TRAINING_THREADS }: Env): number {
  if (WORKER_CONCURRENCY !== undefined) return WORKER_CONCURRENCY;
  if (kind !== 'train') return 2;
  const trainings = Math.floor(os.availableParallelism() / TRAINING_THREADS);
  return Math.max(TRAINING_THREADS === 1 ? 2 : 1, trainings);
}

const hour = 3_600_000;
/** Beyond any honest work; what hangs must not hold its place for ever. */
const timeoutsMs: Record<StepKind, number> = {
  preprocess: hour,
  train: 24 * hour,
  evaluate: hour,
  infer: hour,
};

const maxSpares = 3;
/** How long steps under way may go on after the worker was asked to stop. */
const drainMs = 2_000;

/**
 * Starts taking steps: a queue worker per kind, one keeper of all leases, warm step processes, and a reconciler.
 * The database (and Redis) must answer by now.
 */
export async function startWorker(env: Env, log: Logger) {
  const url = requireDatabaseUrl(env);
  const leaseMs = env.LEASE_SECONDS * 1_000;
  const runLimit = env.RUNS_PER_IDENTIFIER;
  const worker = `${os.hostname()}:${process.pid}`;
  const onError = seldomWarning(log, 'will be tried again');
  const { db, close } = openDatabase({ url, max: 12, onError });
  const store = createObjectStore(objectStoreSettings(env));
  await ensureBuckets(store);
  const queueSettings = { databaseUrl: url, redisUrl: env.REDIS_URL };
  const queues = await openStepQueues(queueSettings, stepKinds, onError);
  const leases = new LeaseKeeper(db, leaseMs, onError);
  const processes = new StepProcessPool({
    entry: path.join(projectRoot(), 'dist/workers/run-step.js'),
    spares: maxSpares,
    onStray: ({ message }) => log.info({ printed: message }, 'an idle step process'),
  });
  const often = { intervalMs: env.RECONCILE_SECONDS * 1_000, onError };
  const projections = startProjectionWriter({ db, store, onError }, often);
  const afterCommit = async (runId: string): Promise<void> => {
    projections.wake();
    // They can fail or not happen at all: the reconciler does it again.
    await dispatchRun(db, queues, runId).catch(onError);
    await beginHeldRuns(db, queues, runId, runLimit).catch(onError);
  };
  const timeoutMs = (kind: StepKind) => {
    const seconds = env.STEP_TIMEOUTS[kind];
    return seconds === undefined ? timeoutsMs[kind] : seconds * 1_000;
  };
  const cache = new StepCache(db, store, buildHash());
  const deps = {
    db,
    worker,
    leaseMs,
    runLimit,
    leases,
    cache,
    timeoutMs,
    processes,
    log,
    onFinished: afterCommit,
  };
  const capacities = env.WORKER_STEPS.map((kind) => [kind, concurrencyOf(kind, env)] as const);
  const presence = await showPresence(
    db,
    {
      id: worker,
      host: os.hostname(),
      pid: process.pid,
      capacity: Object.fromEntries(capacities),
      version: version(),
    },
    onError,
  );
  const workers = await Promise.all(
    capacities.map(([kind, concurrency]) =>
      startStepWorker(
        // A worker that dies with a job that it has not claimed holds it no longer than one that it has.
        { ...queueSettings, kind, concurrency, lockMs: leaseMs, onError },
        (payload) => runJob(deps, payload),
      ),
    ),
  );
  const reconciler = startReconciler(
    { db, queues, actor: `reconciler ${worker}`, leaseMs, runLimit, onError },
    often,
  );
  log.info({ worker, kinds: env.WORKER_STEPS }, 'worker ready');

  return {
    /** Takes no more steps, lets short ones end, gives the others back to the queue, and closes everything. */
    async stop(): Promise<void> {
      await Promise.all(workers.map((kindWorker) => kindWorker.pause()));
      const giveBack = setTimeout(() => leases.stopAll('shutdown'), drainMs);
      await Promise.all(workers.map((kindWorker) => kindWorker.close()));
      clearTimeout(giveBack);
      await Promise.all([reconciler.stop(), projections.stop(), presence.stop()]);
      await leases.close();
      processes.close();
      await queues.close();
      await close();
    },
  };
}
