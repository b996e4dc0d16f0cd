import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PipelineRunPage } from '../../src/contracts/pipeline-run.js';
import { type Failpoint, failpoints } from '../../src/engine/failpoint.js';
import { endedRuns } from '../../src/engine/transitions.js';
import type { ProcessExit } from '../../src/local/tied-process.js';
import { expectPromotedOnce } from './expect-promoted-once.js';
import type { Running } from './processes.js';
import { isLiving, stepProcessesOf } from './process-list.js';
import { smallRun } from './small-series.js';
import { testStack } from './stack.js';
import { until } from './until.js';

const stack = await testStack();
const { client, db, testWorker } = stack;
const markers = mkdtempSync(path.join(tmpdir(), 'trainyard-failpoints-'));
afterAll(() => rmSync(markers, { recursive: true }));

const armed = (point: Failpoint, name: string) => {
  const marker = path.join(markers, name);
  return { marker, environment: { TRAINYARD_FAILPOINT: `${point}@${marker}` } };
};

describe.each([
  {
    kind: 'train',
    others: 'preprocess,evaluate,infer',
    points: ['claim_before_commit', 'claim_after_commit', 'finish_after_commit'],
  },
  {
    kind: 'evaluate',
    others: 'preprocess,train,infer',
    points: failpoints.filter((point) => !point.startsWith('create') && point !== 'promote_after_commit'),
  },
] as const)('a worker that is killed over a step to $kind', ({ kind, others, points }) => {
  let forOthers: Running;
  beforeAll(async () => {
    forOthers = await stack.startWorker({ WORKER_STEPS: others });
  });
  afterAll(() => forOthers.kill());

  it.each(points)('at %s costs nothing but time', async (point) => {
    const { marker, environment } = armed(point, `${point}-${kind}`);
    const doomed = await testWorker({ ...environment, WORKER_STEPS: kind });
    const children = stepProcessesOf(doomed.pid);
    expect(children.length).toBeGreaterThan(0);
    const exits: ProcessExit[] = [];
    void doomed.ended.then((exit) => exits.push(exit));

    let id = '';
    // Another process may have written the projections that this one is to be killed over.
    for (let runs = 1; exits.length === 0; runs++) {
      expect(runs).toBeLessThan(6);
      const identifier = `${point}-${kind}-${runs}`.replaceAll('_', '-');
      id = await client.trigger({ ...smallRun, identifier });
      await client.when(
        id,
        'the worker was killed, or not',
        ({ state }) => exits.length > 0 || endedRuns.has(state),
      );
    }
    expect(exits).toEqual([{ code: null, signal: 'SIGKILL' }]);
    expect(existsSync(marker)).toBe(true);
    // Armed still: the marker keeps it from being killed at the same point again.
    await testWorker({ ...environment, WORKER_STEPS: kind });

    await expectPromotedOnce(stack, await client.ended(id));
    for (const pid of children) await until(`process ${pid} is gone`, () => !isLiving(pid));
  });
});

describe('a gateway that is killed', () => {
  const post = (identifier: string) =>
    fetch(`${client.url()}/pipeline-runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pipeline: 'forecasting', parameters: { ...smallRun, identifier } }),
    });
  let gateway = stack.gateway;

  it.each<[Failpoint, number]>([
    ['create_before_commit', 0],
    ['create_after_commit', 1],
  ])('at %s has written %i runs, and what is written is done', async (point, written) => {
    const identifier = point.replaceAll('_', '-');
    await gateway.kill();
    const { environment } = armed(point, point);
    gateway = await stack.startGateway(environment);
    await expect(post(identifier)).rejects.toThrow('fetch failed');
    expect(await gateway.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await db.pipelineRun.count({ where: { identifier } })).toBe(written);
    expect(await db.step.count({ where: { run: { identifier } } })).toBe(written * 6);

    gateway = await stack.startGateway(environment);
    await testWorker({});
    if (written === 0) await client.trigger({ ...smallRun, identifier });
    const { items } = await client.read(`/pipeline-runs?identifier=${identifier}`, PipelineRunPage);
    expect(items).toHaveLength(1);
    await expectPromotedOnce(stack, await client.ended(items[0]!.id));
  });
});
