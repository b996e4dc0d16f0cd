import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import type { Failpoint } from '../../../src/engine/failpoint.js';
import { reconcile, type ReconcileDeps } from '../../../src/engine/reconcile.js';
import { testDatabase } from '../../database.js';
import { newSelftest, type TestRun } from '../../factories/run.js';
import { recordedQueues } from '../../recorded-queues.js';
import { compiledChild } from '../compiled-child.js';

const { db, url } = await testDatabase();

let queues: ReturnType<typeof recordedQueues>;
let deps: ReconcileDeps;
beforeEach(async () => {
  queues = recordedQueues();
  const onError = (error: unknown) => {
    throw error;
  };
  deps = { db, queues, actor: 'reconciler', leaseMs: 1, onError };
  // What earlier tests left to be done is none of this one's business.
  await db.$executeRaw`update steps set dispatched_at = clock_timestamp()`;
});

const jobs = () => queues.jobs.map((job) => job.id);

/** Does something with the engine in a process that is killed when it reaches the point. */
async function killedAt(point: Failpoint, body: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'failpoint-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const marker = path.join(folder, 'reached');
  const child = compiledChild(
    'src/engine/failpoint.ts',
    `const engine = (file) => import(${JSON.stringify(new URL('../../../dist/src/', import.meta.url).href)} + file);
     const { openDatabase } = await engine('platform/database/database.js');
     const { db } = openDatabase({ url: ${JSON.stringify(url)} });
     subject.armFailpoint(${JSON.stringify(`${point}@${marker}`)});
     ${body}
     say('survived');`,
  );
  expect(await child.next()).toBeUndefined();
  expect(existsSync(marker)).toBe(true);
}
const create = `
  const { createRun } = await engine('engine/create-run.js');
  const { selftest } = await engine('engine/pipelines/selftest.js');
  const parameters = selftest.parameters.parse({});
  const by = { name: 'child', request_id: null };
  await createRun(db, { pipeline: selftest, identifier: 'killed', parameters, config_hash: null, by });`;
const claimAndFinish = (run: TestRun, step: string) => `
  const { claimStep } = await engine('engine/claim-step.js');
  const { finishStep } = await engine('engine/finish-step.js');
  const ref = { run_id: ${JSON.stringify(run.id)}, step: ${JSON.stringify(step)}, attempt: 1 };
  const { lease } = await claimStep(db, ref, 'child', 60_000);
  const completion = { type: 'pause', input: { milliseconds: 0, failures: 0, attempt: 1 }, result: { waited: 0 } };
  await finishStep(db, lease, { outcome: 'SUCCEEDED', completion, trackedRun: null });`;

it('a run whose process is killed before the commit that creates it is not there', async () => {
  const before = await db.pipelineRun.count();
  await killedAt('create_before_commit', create);
  expect(await db.pipelineRun.count()).toBe(before);
});

it('a run whose process is killed right after it was created goes on: its first step is handed over', async () => {
  await killedAt('create_after_commit', create);
  const { id } = await db.pipelineRun.findFirstOrThrow({ orderBy: { created_at: 'desc' } });
  await reconcile(deps, 2);
  expect(jobs()).toEqual([`${id}.first.1`]);
});

it('a step whose worker is killed before the commit of its claim is still to be had', async () => {
  const run = await newSelftest(db);
  await killedAt('claim_before_commit', claimAndFinish(run, 'first'));
  expect(await run.states()).toMatchObject({ run: 'PENDING', first: 'QUEUED' });
  await run.succeed('first');
});

it('a step whose worker is killed with a claim is given to another when the lease is over', async () => {
  const run = await newSelftest(db);
  await killedAt('claim_after_commit', claimAndFinish(run, 'first'));
  expect(await run.states()).toMatchObject({ first: 'RUNNING' });
  await db.$executeRaw`
    update steps set lease_expires_at = now() - interval '1 second' where run_id = ${run.id}::uuid`;
  await reconcile(deps, 2);
  expect(await run.step('first')).toMatchObject({ state: 'QUEUED', attempt: 2, crashes: 1 });
  expect(jobs()).toEqual([`${run.id}.first.2`]);
});

it('a step whose worker is killed before the commit of its end has not ended', async () => {
  const run = await newSelftest(db);
  await killedAt('finish_before_commit', claimAndFinish(run, 'first'));
  expect(await run.states()).toMatchObject({ first: 'RUNNING', left: 'PENDING' });
  expect(await run.history()).not.toContain('first SUCCEEDED');
});

it('a run whose worker is killed right after the commit of an end goes on: what was freed is handed over', async () => {
  const run = await newSelftest(db);
  await killedAt('finish_after_commit', claimAndFinish(run, 'first'));
  expect(await run.states()).toMatchObject({ first: 'SUCCEEDED', left: 'QUEUED' });
  await reconcile(deps, 2);
  expect(jobs()).toEqual(['left', 'middle', 'right'].map((step) => `${run.id}.${step}.1`));
});
