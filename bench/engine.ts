import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { migrate } from '../prisma/migrate.js';
import { readEnv } from '../src/config/env.js';
import { stepKinds } from '../src/contracts/states.js';
import { createRun } from '../src/engine/create-run.js';
import { dispatchRun } from '../src/engine/dispatch.js';
import { selftest } from '../src/engine/pipelines/selftest.js';
import { endedRuns } from '../src/engine/transitions.js';
import { startPostgres } from '../src/local/postgres.js';
import { type Database, openDatabase } from '../src/platform/database/database.js';
import { createLogger } from '../src/platform/logger.js';
import { openStepQueues } from '../src/platform/queue/step-queues.js';
import { startWorker } from '../workers/worker.js';
import { quantile } from './quantile.js';

// npm run bench:engine [-- --runs 40] [-- --json file]
//
// What the engine costs: runs of six empty steps in the shape of the forecasting pipeline, one after another, on the
// embedded PostgreSQL as `npm start` has it (with fsync), or on Redis when REDIS_URL is set. Step processes are real.

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '40' }, json: { type: 'string' } },
});
const runs = Number(options.runs);
const warmup = 5;

const folder = mkdtempSync(path.join(os.tmpdir(), 'trainyard-bench-'));
const postgres = await startPostgres({ dataDir: path.join(folder, 'postgres') });
const env = { ...readEnv(), DATABASE_URL: postgres.url, TRAINYARD_HOME: folder };
await migrate(postgres.url);
const log = createLogger('bench', 'warn');
const worker = await startWorker(env, log);
const { db, close } = openDatabase({ url: postgres.url });
const queues = await openStepQueues(
  { databaseUrl: postgres.url, redisUrl: env.REDIS_URL },
  stepKinds,
  (err) => log.warn({ err }, 'queue'),
);
try {
  const times: number[] = [];
  for (let run = 0; run < warmup + runs; run++) {
    const milliseconds = await emptyRun(db);
    if (run >= warmup) times.push(milliseconds);
  }
  const [median, roundTrip] = [quantile(times, 0.5), quantile(await roundTrips(db), 0.5)];
  const result = {
    queue: env.REDIS_URL ? 'redis' : 'postgresql',
    runs,
    median_ms: median,
    /** A statement that does nothing, and how many of it a run takes: the figure to compare between machines. */
    round_trip_ms: Number(roundTrip.toFixed(3)),
    round_trips: Math.round(median / roundTrip),
    p90_ms: quantile(times, 0.9),
    max_ms: Math.max(...times),
    budget_ms: env.REDIS_URL ? 100 : 150,
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  if (options.json) writeFileSync(options.json, JSON.stringify(result, null, 2));
} finally {
  await worker.stop();
  await queues.close();
  await close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** From the run's row to its end, by the database's clock. */
async function emptyRun(database: Database): Promise<number> {
  const parameters = { identifier: 'bench', step_ms: 0, fail_attempts: 1 };
  const id = await createRun(database, {
    pipeline: selftest,
    identifier: 'bench',
    parameters,
    config_hash: null,
    by: { name: 'bench', request_id: null },
  });
  await dispatchRun(database, queues, id);
  for (;;) {
    const run = await database.pipelineRun.findUniqueOrThrow({ where: { id } });
    if (run.ended_at && endedRuns.has(run.state)) return run.ended_at.getTime() - run.created_at.getTime();
    // Seldom, because it takes from what it measures: worker and benchmark share a thread.
    await delay(50);
  }
}

async function roundTrips(database: Database): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const began = performance.now();
    await database.$queryRaw`select 1`;
    times.push(performance.now() - began);
  }
  return times;
}
