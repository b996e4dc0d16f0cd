import { describe, expect, it } from 'vitest';
import { expectPromotedOnce } from './expect-promoted-once.js';
import { endlessRun, isTraining, longRun } from './long-run.js';
import { isLiving, stepProcessesOf } from './process-list.js';
import { testStack } from './stack.js';
import { until } from './until.js';

const stack = await testStack();
const { client, testWorker } = stack;
let { gateway } = stack;
const allGone = (pids: readonly number[]) =>
  until(`the processes ${pids.join(', ')} are gone`, () => !pids.some(isLiving));

describe('in the middle of a training', () => {
  it('a step process that is killed is a crash of its attempt, and the next attempt succeeds', async () => {
    const worker = await testWorker();
    const id = await client.trigger({ ...longRun, identifier: 'step-process' });
    await client.when(id, 'it trains', isTraining);
    const children = stepProcessesOf(worker.pid);
    expect(children.length).toBeGreaterThan(0);
    for (const pid of children) process.kill(pid, 'SIGKILL');
    const run = await client.ended(id);
    await expectPromotedOnce(stack, run);
    const crashed = run.steps.flatMap(({ attempts }) =>
      attempts.filter(({ outcome }) => outcome === 'CRASHED'),
    );
    expect(crashed.length).toBeGreaterThan(0);
    for (const { error } of crashed) expect(error).toMatchObject({ code: 'crashed', permanent: false });
    expect(crashed.some(({ error }) => error?.message.includes('was killed by SIGKILL'))).toBe(true);
  });

  it('a worker that is killed takes its step processes with it, and another one ends the run', async () => {
    const doomed = await testWorker();
    const id = await client.trigger({ ...longRun, identifier: 'worker' });
    await client.when(id, 'it trains', isTraining);
    const children = stepProcessesOf(doomed.pid);
    expect(children.length).toBeGreaterThan(0);
    await doomed.kill();
    await allGone(children);
    await testWorker();
    const run = await client.ended(id);
    await expectPromotedOnce(stack, run);
    expect(run.steps.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome))).toContain('CRASHED');
  });

  it('of two workers, one that is killed leaves its steps to the other', async () => {
    const [first] = [await testWorker(), await testWorker()];
    const id = await client.trigger({ ...longRun, identifier: 'one-of-two' });
    await client.when(id, 'it trains', isTraining);
    await first.kill();
    await expectPromotedOnce(stack, await client.ended(id));
  });

  it('a gateway that is killed five times is missed by nobody', async () => {
    await testWorker();
    const id = await client.trigger({ ...longRun, identifier: 'gateway' });
    await client.when(id, 'it trains', isTraining);
    for (let kills = 0; kills < 5; kills++) {
      await gateway.kill();
      gateway = await stack.startGateway();
    }
    const run = await client.ended(id);
    await expectPromotedOnce(stack, run);
    expect(run.steps.map(({ attempts }) => attempts.length)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

it('a step whose process is killed again and again fails, and says why', async () => {
  const worker = await testWorker();
  const id = await client.trigger({ ...endlessRun, identifier: 'hopeless' });
  const crashesOf = async (name: string) =>
    (await client.run(id)).steps.find((step) => step.name === name)?.attempts.filter(({ outcome }) => outcome)
      .length;
  for (let crashes = 0; crashes < 5; crashes++) {
    await until(`attempt ${crashes + 1} runs`, async () => {
      const { steps } = await client.run(id);
      return steps.some(({ name, state, attempts }) => {
        return name === 'train_gru' && state === 'RUNNING' && attempts.length === crashes + 1;
      });
    });
    for (const pid of stepProcessesOf(worker.pid)) process.kill(pid, 'SIGKILL');
    await until('the crash is written', async () => ((await crashesOf('train_gru')) ?? 0) > crashes);
  }
  const run = await client.when(id, 'the step failed', ({ steps }) =>
    steps.some(({ name, state }) => name === 'train_gru' && state === 'FAILED'),
  );
  expect(run.steps.find(({ name }) => name === 'train_gru')?.error).toMatchObject({ code: 'crashed' });
  await client.post(`/pipeline-runs/${id}/cancel`);
  await client.ended(id);
});
