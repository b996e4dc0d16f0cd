import { expect, it } from 'vitest';
import { expectPromotedOnce } from './expect-promoted-once.js';
import { isTraining, longRun } from './long-run.js';
import { testStack } from './stack.js';
import { until } from './until.js';

const stack = await testStack();
const { client, db, testWorker } = stack;

/** It does not reconcile: paused in the middle of that, it would keep the others from it for a minute. */
const doesNotReconcile = { RECONCILE_SECONDS: '600' };

it('a worker that was paused past its lease changes nothing when it goes on, and the run ends right', async () => {
  const zombie = await testWorker(doesNotReconcile);
  const identifier = 'zombie';
  const id = await client.trigger({ ...longRun, identifier });
  await client.when(id, 'it trains', isTraining);
  zombie.signal('SIGSTOP');
  await testWorker();
  // Another worker has taken over by now, and is in the middle of the same step.
  const taken = await client.when(id, 'another worker trains', ({ steps }) =>
    steps.some(
      ({ state, attempts }) =>
        state === 'RUNNING' && attempts.length > 1 && attempts.at(-1)?.worker !== attempts[0]?.worker,
    ),
  );
  const lost = taken.steps.filter(({ attempts }) => attempts[0]?.outcome === 'CRASHED');
  for (const { attempts } of lost) expect(attempts[0]?.error?.message).toContain('did not renew its lease');
  zombie.signal('SIGCONT');
  await until('the zombie has tried to end its attempts', () => zombie.output().includes('"status":"lost"'));

  const run = await client.ended(id);
  await expectPromotedOnce(stack, run);
  // What was written of the attempts that were lost is what the reconciler wrote.
  for (const { name, attempts } of lost) {
    const now = run.steps.find((step) => step.name === name)?.attempts;
    expect(now?.[0]).toEqual(attempts[0]);
    expect(now?.at(-1)?.outcome).toBe('SUCCEEDED');
  }
});

it('a worker that was paused changes nothing either when the run has long ended', async () => {
  const zombie = await testWorker(doesNotReconcile);
  const id = await client.trigger({ ...longRun, identifier: 'late' });
  await client.when(id, 'it trains', isTraining);
  zombie.signal('SIGSTOP');
  await testWorker();
  const run = await client.ended(id);
  await expectPromotedOnce(stack, run);
  const rows = () =>
    Promise.all([
      db.trackedRun.findMany({
        where: { pipeline_run_id: id },
        include: { metrics: true, files: true },
        orderBy: { run_id: 'asc' },
      }),
      db.promotion.findMany(),
      db.pointer.findMany(),
      db.modelVersion.findMany(),
    ]);
  const before = await rows();
  zombie.signal('SIGCONT');
  await until('the zombie has tried to end its attempts', () => zombie.output().includes('"status":"lost"'));
  expect(await client.run(id)).toEqual(run);
  expect(await rows()).toEqual(before);
});
