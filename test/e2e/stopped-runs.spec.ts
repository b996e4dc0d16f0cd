import { describe, expect, it } from 'vitest';
import { expectPromotedOnce } from './expect-promoted-once.js';
import { endlessRun, isTraining, longRun } from './long-run.js';
import { isLiving, stepProcessesOf } from './process-list.js';
import { testStack } from './stack.js';
import { until } from './until.js';

// With the lease that people have, which decides how often a worker looks for a cancel.
const stack = await testStack({ environment: { LEASE_SECONDS: '30' } });
const { client, db, testWorker } = stack;

describe('a run that is canceled in the middle of its training', () => {
  it('stops within two seconds, ends the step process and promotes nothing', async () => {
    const worker = await testWorker();
    const identifier = 'canceled';
    const id = await client.trigger({ ...endlessRun, identifier });
    await client.when(id, 'both nets train', ({ steps }) =>
      ['train_gru', 'train_lstm'].every((net) =>
        steps.some(({ name, progress }) => name === net && (progress?.epoch ?? 0) > 0),
      ),
    );
    const busy = stepProcessesOf(worker.pid);
    expect((await client.post(`/pipeline-runs/${id}/cancel`)).status).toBe(202);
    const run = await client.ended(id);
    expect(run.state).toBe('CANCELED');
    const at = (state: string) => run.state_history.find((change) => change.state === state)!.at.getTime();
    expect(at('CANCELED') - at('CANCELING')).toBeLessThan(2_000);

    const states = Object.fromEntries(run.steps.map(({ name, state }) => [name, state]));
    expect(states).toMatchObject({
      preprocess: 'SUCCEEDED',
      train_gru: 'CANCELED',
      train_lstm: 'CANCELED',
      evaluate: 'CANCELED',
      infer: 'CANCELED',
    });
    const nets = run.steps.filter(({ name }) => /gru|lstm/.test(name));
    expect(nets.map(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual([
      ['CANCELED'],
      ['CANCELED'],
    ]);
    await until('no process trains any more', () => busy.filter(isLiving).length <= busy.length - 2);
    expect(await db.promotion.count({ where: { identifier } })).toBe(0);
    expect(await db.promotionRequest.count({ where: { identifier } })).toBe(0);
    const tracked = await db.trackedRun.findMany({ where: { pipeline_run_id: id } });
    expect(tracked.filter(({ status }) => status === 'RUNNING')).toEqual([]);
  });

  it('can be taken up again where it was', async () => {
    await testWorker();
    const id = await client.trigger({ ...longRun, identifier: 'taken-up' });
    await client.when(id, 'it trains', isTraining);
    await client.post(`/pipeline-runs/${id}/cancel`);
    expect((await client.ended(id)).state).toBe('CANCELED');
    expect((await client.post(`/pipeline-runs/${id}/retry`)).status).toBe(202);
    const run = await client.ended(id);
    await expectPromotedOnce(stack, run);
    expect(run.steps[0]?.attempts).toHaveLength(1);
  });
});

describe('a worker that is asked to stop in the middle of a step', () => {
  it('gives the step back, which counts as nothing, and another worker ends the run', async () => {
    const stopping = await testWorker();
    const id = await client.trigger({ ...longRun, epochs: 600, identifier: 'given-back' });
    await client.when(id, 'it trains', isTraining);
    const children = stepProcessesOf(stopping.pid);
    expect(await stopping.stop()).toEqual({ code: 0, signal: null });
    await until('its processes are gone', () => !children.some(isLiving));
    const given = await client.run(id);
    const back = given.steps.filter(({ attempts }) => attempts.some(({ outcome }) => outcome === 'CANCELED'));
    expect(back.length).toBeGreaterThan(0);
    for (const { state, state_history } of back) {
      expect(state).toBe('QUEUED');
      expect(state_history.at(-1)).toMatchObject({ state: 'QUEUED', reason: 'the worker stopped' });
    }
    const counted = await db.step.findMany({
      where: { run_id: id },
      select: { failures: true, crashes: true },
    });
    expect(counted).toEqual(counted.map(() => ({ failures: 0, crashes: 0 })));

    const worker = await testWorker();
    await expectPromotedOnce(stack, await client.ended(id));
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
  });

  it('lets a short step come to its end', async () => {
    const worker = await testWorker();
    const id = await client.trigger({ step_ms: 1_000, identifier: 'short' }, 'selftest');
    await client.when(id, 'it is at work', ({ steps }) => (steps[0]?.progress?.fraction ?? 0) > 0);
    await worker.stop();
    expect((await client.run(id)).steps[0]).toMatchObject({
      state: 'SUCCEEDED',
      attempts: [{ outcome: 'SUCCEEDED' }],
    });
  });
});

it('a gateway that is asked to stop ends well', async () => {
  expect(await stack.gateway.stop()).toEqual({ code: 0, signal: null });
});
