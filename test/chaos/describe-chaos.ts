import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';
import { afterAll, expect, it } from 'vitest';
import { PipelineRun } from '../../src/contracts/pipeline-run.js';
import { stepKinds } from '../../src/contracts/states.js';
import { freePort } from '../../src/local/free-port.js';
import { openDatabase } from '../../src/platform/database/database.js';
import { createFileStore } from '../../src/platform/object-store/file-store.js';
import { openStepQueues } from '../../src/platform/queue/step-queues.js';
import { bullQueues, emptyQueues } from '../bull-queues.js';
import { testDatabase } from '../database.js';
import { parseAnswer } from '../http/parse-answer.js';
import { gatewayClient } from '../e2e/gateway-client.js';
import { stepProcessesOf } from '../e2e/process-list.js';
import { testProcesses } from '../e2e/processes.js';
import { smallRun, smallSeries } from '../e2e/small-series.js';
import { until } from '../e2e/until.js';
import type { TestRedis } from '../redis.js';
import { books } from './books.js';
import { type Supervised, supervised } from './supervised.js';

const concurrentRuns = 50;
const patienceMs = 10 * 60_000;

export interface ChaosSettings {
  queue: string;
  seed: number;
  kills: number;
  /** Of the queue; without it, the queue is emptied in PostgreSQL. */
  redis?: TestRedis;
}

/**
 * Keeps fifty short runs going while it kills workers, step processes and gateways, pauses workers for longer than their
 * leases and empties the queue, in an order that the seed decides; then lets everything come to its end and checks the
 * books. What it did and found is printed.
 */
export async function describeChaos({ queue, seed, kills, redis }: ChaosSettings): Promise<void> {
  const { db, url } = await testDatabase({ max: 10 });
  const home = mkdtempSync(path.join(tmpdir(), 'trainyard-chaos-'));
  afterAll(() => rmSync(home, { recursive: true, maxRetries: 20, retryDelay: 50 }));
  const environment = {
    DATABASE_URL: url,
    TRAINYARD_HOME: home,
    LEASE_SECONDS: '2',
    RECONCILE_SECONDS: '0.5',
    LOG_LEVEL: 'error',
    ...(redis && { REDIS_URL: redis.url }),
  };
  const start = testProcesses();
  const queues = redis ? [] : bullQueues(url);
  const emptyQueue = () => (redis ? redis.flush() : emptyQueues(queues));

  it(
    `loses nothing in ${kills} kills, with the queue in ${queue} (seed ${seed})`,
    async () => {
      const ports = [await freePort(), await freePort()];
      const gateways = await Promise.all(
        ports.map((port, i) =>
          supervised(`gateway ${i + 1}`, () =>
            start('dist/src/main.js', { ...environment, PORT: String(port) }),
          ),
        ),
      );
      const workers = await Promise.all(
        [1, 2].map((i) => supervised(`worker ${i}`, () => start('dist/workers/main.js', environment))),
      );
      const random = mersenne(seed);
      const below = (count: number) => uniformInt(random, 0, count - 1);
      const client = gatewayClient(
        () => `http://127.0.0.1:${ports[Math.floor(Math.random() * ports.length)]}`,
      );
      await client.upload('small.csv', smallSeries());

      const accepted = new Map<string, string>();
      const create = async (body: object) => {
        const key = randomUUID();
        const answer = await until('a run is accepted', async () => {
          const given = await client.call('/pipeline-runs', {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'idempotency-key': key },
            body: JSON.stringify(body),
          });
          // 503 while something is away; sent again, under the same key.
          return given.status === 202 ? given : undefined;
        });
        accepted.set(key, parseAnswer(PipelineRun, answer).id);
      };
      const nextRun = (): object => {
        if (below(12) === 0)
          return {
            pipeline: 'forecasting',
            parameters: { ...smallRun, identifier: `chaos-${below(3)}`, epochs: 2 },
          };
        const failing = below(6) === 0 ? { fail_step: 'left', fail_attempts: 1 + below(3) } : {};
        return { pipeline: 'selftest', parameters: { step_ms: 10 * below(15), ...failing } };
      };
      const openRuns = () =>
        db.pipelineRun.count({ where: { state: { notIn: ['SUCCEEDED', 'FAILED', 'CANCELED'] } } });

      const done = new Map<string, number>();
      const counted = (what: string) => done.set(what, (done.get(what) ?? 0) + 1);
      const pick = (slots: readonly Supervised[]) => slots[below(slots.length)]!.running;
      const killWorker = () => kill(pick(workers)?.pid);
      const killStepProcess = () => {
        const worker = pick(workers);
        const children = worker ? stepProcessesOf(worker.pid) : [];
        return kill(children[below(Math.max(1, children.length))]);
      };
      const pauseWorker = () => {
        const worker = pick(workers);
        worker?.signal('SIGSTOP');
        setTimeout(() => worker?.signal('SIGCONT'), 3_500);
        return worker !== undefined;
      };
      // What stands here twice happens twice as often.
      const actions: [string, () => Promise<boolean> | boolean][] = [
        ['worker killed', killWorker],
        ['worker killed', killWorker],
        ['step process killed', killStepProcess],
        ['step process killed', killStepProcess],
        ['gateway killed', () => kill(pick(gateways)?.pid)],
        ['queue emptied', () => emptyQueue().then(() => true)],
        ['worker paused beyond its leases', pauseWorker],
      ];

      const began = performance.now();
      let killed = 0;
      const calming = new AbortController();
      const feeding = (async () => {
        while (!calming.signal.aborted) {
          const missing = concurrentRuns - (await openRuns());
          await Promise.all(Array.from({ length: Math.min(missing, 10) }, () => create(nextRun())));
          await delay(50);
        }
      })();
      while (killed < kills) {
        await delay(150 + below(300));
        const [what, act] = actions[below(actions.length)]!;
        if (!(await act())) continue;
        counted(what);
        if (what.endsWith('killed')) killed += 1;
      }
      calming.abort();
      await feeding;
      const calm = performance.now();
      const say = (line: string) => process.stdout.write(`chaos ${queue}: ${line}\n`);
      say(`${killed} kills in ${((calm - began) / 1_000).toFixed(0)} s: ${list(done)}`);
      try {
        await until('every run has ended', async () => (await openRuns()) === 0, patienceMs);
        await until(
          'every readable object is written',
          async () =>
            (await db.$queryRaw<unknown[]>`select 1 from projections where written < wanted`).length === 0,
          patienceMs,
        );
      } finally {
        say(
          `calm after ${((performance.now() - calm) / 1_000).toFixed(0)} s more, ${await openRuns()} runs open`,
        );
      }
      const settings = { databaseUrl: url, redisUrl: redis?.url };
      const ours = await openStepQueues(settings, stepKinds, () => {});
      const depth = async () => Object.values(await ours.depths()).reduce((sum, count) => sum + count, 0);
      await until('no job is left', async () => (await depth()) === 0, patienceMs);
      await ours.close();
      await Promise.all([...gateways, ...workers].map((slot) => slot.stop()));

      const runs = await db.pipelineRun.groupBy({ by: ['pipeline', 'state'], _count: true });
      const outcomes = await db.attempt.groupBy({ by: ['outcome'], _count: true });
      say(`runs: ${runs.map((row) => `${row.pipeline} ${row.state} ${row._count}`).join(', ')}`);
      say(`attempts: ${outcomes.map((row) => `${row.outcome} ${row._count}`).join(', ')}`);
      const ids = new Set((await db.pipelineRun.findMany({ select: { id: true } })).map(({ id }) => id));
      const lost = [...accepted.values()].filter((id) => !ids.has(id));
      const found: Record<string, unknown[]> = {
        'every accepted run is there, once':
          ids.size === accepted.size ? lost : [...lost, ids.size, accepted.size],
      };
      // After the processes: a connection of its own, so that what is left open is theirs.
      const auditor = openDatabase({ url, max: 2 });
      const store = createFileStore(path.join(home, 'objects'));
      for (const [name, check] of Object.entries(books)) found[name] = await check(auditor.db, store);
      await auditor.close();
      for (const [name, wrong] of Object.entries(found))
        say(
          `${wrong.length === 0 ? 'ok  ' : 'FAIL'} ${name}${wrong.length > 0 ? `: ${JSON.stringify(wrong.slice(0, 3))}` : ''}`,
        );
      expect(Object.entries(found).filter(([, wrong]) => wrong.length > 0)).toEqual([]);
    },
    30 * 60_000,
  );
}

function kill(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
}
