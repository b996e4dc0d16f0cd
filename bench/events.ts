import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { migrate } from '../prisma/migrate.js';
import { readEnv } from '../src/config/env.js';
import { claimStep } from '../src/engine/claim-step.js';
import { createRun } from '../src/engine/create-run.js';
import { selftest } from '../src/engine/pipelines/selftest.js';
import { writeEvents } from '../src/engine/write-events.js';
import { openGateway } from '../src/gateway.js';
import { startPostgres } from '../src/local/postgres.js';
import { openDatabase } from '../src/platform/database/database.js';
import { createLogger } from '../src/platform/logger.js';
import { quantile } from './quantile.js';

// npm run bench:events [-- --events 300] [-- --pause 20]
//
// How long an event takes from its commit to a reader, through a gateway that did not write it, on the embedded
// PostgreSQL as `npm start` has it. Writer, gateway and reader share this process, and so a clock.

const { values: options } = parseArgs({
  options: { events: { type: 'string', default: '300' }, pause: { type: 'string', default: '20' } },
});
const [events, pauseMs] = [Number(options.events), Number(options.pause)];

const folder = mkdtempSync(path.join(os.tmpdir(), 'trainyard-bench-'));
const postgres = await startPostgres({ dataDir: path.join(folder, 'postgres') });
await migrate(postgres.url);
const env = { ...readEnv(), DATABASE_URL: postgres.url, TRAINYARD_HOME: folder };
const gateway = await openGateway(env, createLogger('bench', 'warn'));
await gateway.app.listen(0, '127.0.0.1');
const { db, close } = openDatabase({ url: postgres.url });
try {
  const run_id = await createRun(db, {
    pipeline: selftest,
    identifier: 'bench',
    parameters: { identifier: 'bench', step_ms: 0, fail_attempts: 1 },
    config_hash: null,
    by: { name: 'bench', request_id: null },
  });
  const claimed = await claimStep(db, { run_id, step: 'first', attempt: 1 }, 'bench', 600_000);
  if (!claimed) throw new Error('the step of the benchmark could not be claimed');

  const arrivals = new Map<string, number>();
  const url = `${await gateway.app.getUrl()}/pipeline-runs/${run_id}/events`;
  const request = http.get(url, (response) =>
    response.setEncoding('utf8').on('data', (text: string) => {
      for (const [, name] of text.matchAll(/event-(\d+)"/g)) arrivals.set(name!, performance.now());
    }),
  );
  await delay(500);
  const commits: number[] = [];
  for (let i = 0; i < events; i++) {
    const data = { level: 'info', message: `event-${i}` } as const;
    await writeEvents(db, claimed.lease, [{ kind: 'log', place: i + 1, age: 0, data }]);
    commits.push(performance.now());
    await delay(pauseMs);
  }
  while (arrivals.size < events) await delay(10);
  request.destroy();
  // An arrival can be seen before the writer hears of its own commit.
  const delays = commits.map((committed, i) => Math.max(0, arrivals.get(String(i))! - committed));
  const [p50, p99] = [quantile(delays, 0.5), quantile(delays, 0.99)].map((ms) => Number(ms.toFixed(2)));
  process.stdout.write(
    `${JSON.stringify({ events, p50_ms: p50, p99_ms: p99, max_ms: Math.max(...delays), budget_ms: 500 }, null, 2)}\n`,
  );
} finally {
  await gateway.stop();
  await close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
