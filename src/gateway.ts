import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Env, requireDatabaseUrl } from './config/env.js';
import { createApp } from './configure.js';
import { stepKinds } from './contracts/states.js';
import { startPointerCheck } from './engine/check-pointer-files.js';
import { startReconciler } from './engine/reconciler.js';
import { repeating } from './engine/repeating.js';
import { startRetention } from './engine/retention.js';
import { sweepOrphans } from './engine/sweep-artifacts.js';
import { startScheduler } from './engine/schedules/scheduler.js';
import { startProjectionWriter } from './engine/write-projections.js';
import { SchedulesService } from './features/schedules/schedules.service.js';
import { createCursors } from './http/cursors.js';
import { removeOldKeys } from './http/kept-answers.js';
import { openDatabase } from './platform/database/database.js';
import { sharedSecret } from './platform/database/shared-secret.js';
import { openNewsFeed } from './platform/database/news-feed.js';
import type { Logger } from './platform/logger.js';
import { createGatewayMetrics } from './platform/metrics/gateway-metrics.js';
import { createObjectStore } from './platform/object-store/create-object-store.js';
import { ensureBuckets } from './platform/object-store/ensure-buckets.js';
import { objectStoreSettings } from './platform/object-store/object-store-settings.js';
import { openStepQueues } from './platform/queue/step-queues.js';
import { seldomWarning } from './platform/seldom-warning.js';

export interface Gateway {
  app: NestFastifyApplication;
  /** Answers what was asked, takes no more, and closes everything. */
  stop(): Promise<void>;
}

/** Open connections that do not end by themselves are closed after this time. */
const drainMs = 3_000;
const retentionEveryMs = 10 * 60_000;
/** Reads the names of all artifacts: not at a start, and seldom. */
const orphansEveryMs = 6 * 3_600_000;
/** Between two looks whether pointer files still show what they have to. */
const pointerFilesEveryMs = 5_000;
/** Between two looks for idempotency keys that are older than they are kept. */
const oldKeysMs = 10 * 60_000;
/** A schedule's run begins this much after its time at most. */
const scheduleEveryMs = 500;

/** Builds the gateway on its services, without listening. The database (and Redis) must answer by now. */
export async function openGateway(env: Env, log: Logger): Promise<Gateway> {
  const url = requireDatabaseUrl(env);
  const onError = seldomWarning(log, 'will be tried again');
  const { db, close } = openDatabase({ url, onError });
  const store = createObjectStore(objectStoreSettings(env));
  const queues = await openStepQueues({ databaseUrl: url, redisUrl: env.REDIS_URL }, stepKinds, onError);
  const cursors = createCursors(await sharedSecret(db, 'cursors'));
  const news = openNewsFeed(url, (err) => log.debug({ err }, 'listening for news'));
  const metrics = createGatewayMetrics();
  const app = await createApp({
    env,
    log,
    db,
    queues,
    store,
    metrics,
    cursors,
    news,
  });
  await app.init();
  // The buckets are needed later than the gateway: a store that is away must not keep it from starting.
  await ensureBuckets(store).catch(onError);
  const often = { intervalMs: env.RECONCILE_SECONDS * 1_000, onError };
  const projections = startProjectionWriter({ db, store, onError }, often);
  const pointerFiles = startPointerCheck(
    { db, store, onRepair: (reason) => metrics.projectionsRepaired.inc({ reason }), writer: projections },
    { intervalMs: pointerFilesEveryMs, onError },
  );
  const retention = startRetention(
    { db, store, maxAgeDays: env.RUN_RETENTION_DAYS },
    { intervalMs: retentionEveryMs, onError },
  );
  const orphans = repeating(() => sweepOrphans(db, store), {
    intervalMs: orphansEveryMs,
    waitsFirst: true,
    onError,
  });
  const reconciler = startReconciler(
    {
      db,
      queues,
      actor: `reconciler gateway:${process.pid}`,
      leaseMs: env.LEASE_SECONDS * 1_000,
      runLimit: env.RUNS_PER_IDENTIFIER,
      onError,
    },
    often,
  );
  const oldKeys = repeating(() => removeOldKeys(db), { intervalMs: oldKeysMs, onError });
  const schedules = app.get(SchedulesService);
  const scheduler = startScheduler(
    { db, queues, prepare: (schedule) => schedules.prepare(schedule), onError },
    { intervalMs: scheduleEveryMs, onError },
  );
  const loops = [reconciler, pointerFiles, projections, retention, orphans, oldKeys, scheduler];
  return {
    app,
    async stop() {
      const server = app.getHttpServer();
      const hurry = setTimeout(() => server.closeAllConnections(), drainMs);
      await app.close();
      clearTimeout(hurry);
      await Promise.all(loops.map((loop) => loop.stop()));
      await queues.close();
      await news.close();
      await close();
    },
  };
}
