import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll } from 'vitest';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure.js';
import { stepKinds } from '../src/contracts/states.js';
import { createCursors } from '../src/http/cursors.js';
import type { Resources } from '../src/http/resources.module.js';
import { type Database, openDatabase } from '../src/platform/database/database.js';
import { sharedSecret } from '../src/platform/database/shared-secret.js';
import { openNewsFeed } from '../src/platform/database/news-feed.js';
import { createLogger } from '../src/platform/logger.js';
import { createGatewayMetrics } from '../src/platform/metrics/gateway-metrics.js';
import { ensureBuckets } from '../src/platform/object-store/ensure-buckets.js';
import { createFileStore } from '../src/platform/object-store/file-store.js';
import type { ObjectStore } from '../src/platform/object-store/object-store.js';
import { openStepQueues, type StepQueues } from '../src/platform/queue/step-queues.js';
import { testDatabase } from './database.js';

export interface TestApp {
  app: NestFastifyApplication;
  /** Where it listens, on a port of its own. */
  url: string;
  /** `await http.get('/pipelines')` */
  http: ReturnType<typeof supertest>;
  db: Database;
  databaseUrl: string;
  store: ObjectStore;
  /** The folder that the store's objects lie in. */
  objects: string;
  queues: StepQueues;
}

interface TestAppSettings extends Partial<Pick<Resources, 'store' | 'queues'>> {
  /** Another database than a clone of the spec file's own: one that the test can stop, say. Migrated. */
  databaseUrl?: string;
  /** See `.env.example`. */
  environment?: Record<string, string>;
}

/**
 * The real application on a database of the spec file's own, with its objects in a temporary folder and BullMQ on
 * PostgreSQL; no worker, so that what is queued stays so. Closed when the file is done:
 * `const { http, db } = await testApp();` at the top of the file.
 */
export async function testApp(settings: TestAppSettings = {}): Promise<TestApp> {
  const folder = mkdtempSync(path.join(tmpdir(), 'trainyard-app-'));
  afterAll(() => rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 50 }));
  const databaseUrl = settings.databaseUrl ?? (await testDatabase()).url;
  const objects = path.join(folder, 'objects');
  const store = settings.store ?? createFileStore(objects);
  await ensureBuckets(store);
  const { db, close } = openDatabase({ url: databaseUrl });
  // What goes wrong while a test stops the database is asked for over HTTP.
  const queues = settings.queues ?? (await openStepQueues({ databaseUrl }, stepKinds, () => {}));
  const news = openNewsFeed(databaseUrl, () => {});
  const app = await createApp({
    env: readEnv({ DATABASE_URL: databaseUrl, TRAINYARD_HOME: folder, ...settings.environment }),
    log: createLogger('test', 'silent'),
    db,
    queues,
    store,
    metrics: createGatewayMetrics(),
    cursors: createCursors(await sharedSecret(db, 'cursors')),
    news,
  });
  // It runs before what `testDatabase` does at the end, because it was registered after it.
  afterAll(async () => {
    app.getHttpServer().closeAllConnections();
    await app.close();
    await queues.close();
    await news.close();
    await close();
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, url, http: supertest(url), db, databaseUrl, store, objects, queues };
}
