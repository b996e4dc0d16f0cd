import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, onTestFinished, vi } from 'vitest';
import { freePort } from '../../src/local/free-port.js';
import { type Database, openDatabase } from '../../src/platform/database/database.js';
import { testDatabase } from '../database.js';
import { gatewayClient, type GatewayClient } from './gateway-client.js';
import { type Running, testProcesses } from './processes.js';
import { testServices } from './services.js';
import { smallSeries } from './small-series.js';

export interface TestStack {
  gateway: Running;
  client: GatewayClient;
  db: Database;
  databaseUrl: string;
  /** Starts a gateway, at the same address as the one before. */
  startGateway: (environment?: Record<string, string>) => Promise<Running>;
  /** Starts a worker for all tests that follow. */
  startWorker: (environment?: Record<string, string>) => Promise<Running>;
  /** Starts a worker for the test that calls it; it is killed when the test has ended. */
  testWorker: (environment?: Record<string, string>) => Promise<Running>;
}

interface StackSettings {
  /** Of all processes; see `.env.example`. */
  environment?: Record<string, string>;
  /** Another database than a clone of the spec file's own. */
  databaseUrl?: string;
}

/**
 * A gateway on a database of the spec file's own, with the data set `small` in its store; workers are started by the
 * tests. Dead workers are noticed after two seconds. Everything ends with the file. With `TEST_SERVICES` set, it stands
 * on Redis and S3 instead of files and queues in PostgreSQL.
 */
export async function testStack({ environment = {}, databaseUrl }: StackSettings = {}): Promise<TestStack> {
  // Longer than any wait, so that it is the wait that fails and says what it was for.
  vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
  const home = mkdtempSync(path.join(tmpdir(), 'trainyard-e2e-'));
  afterAll(() => rmSync(home, { recursive: true, maxRetries: 20, retryDelay: 50 }));
  const url = databaseUrl ?? (await testDatabase()).url;
  const { db, close } = openDatabase({ url });
  afterAll(close);
  const start = testProcesses();
  const shared = {
    DATABASE_URL: url,
    TRAINYARD_HOME: home,
    LEASE_SECONDS: '2',
    RECONCILE_SECONDS: '0.5',
    PORT: String(await freePort()),
    ...(process.env.TEST_SERVICES ? (await testServices()).environment : {}),
    ...environment,
  };
  const stack: Omit<TestStack, 'gateway'> = {
    db,
    databaseUrl: url,
    client: gatewayClient(() => `http://127.0.0.1:${shared.PORT}`),
    startGateway: (own) => start('dist/src/main.js', { ...shared, ...own }),
    startWorker: (own) => start('dist/workers/main.js', { ...shared, ...own }),
    async testWorker(own) {
      const worker = await stack.startWorker(own);
      onTestFinished(() => worker.kill());
      return worker;
    },
  };
  const gateway = await stack.startGateway();
  await stack.client.upload('small.csv', smallSeries());
  return { ...stack, gateway };
}
