import { expect, it } from 'vitest';
import { type TestRun, newRun, newSelftest, trainers } from '../../factories/run.js';
import { testDatabase } from '../../database.js';
import { holdRun } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();

const queuedTimes = async (run: TestRun, step: string) =>
  (await run.history()).filter((change) => change === `${step} QUEUED`).length;

// The race: each of two trainers that finish at once reads the steps before the other has committed, sees the other
// one running, and leaves evaluate to it. Nobody frees it then. The lock on the run's row makes the second one read
// what the first one wrote.
it('frees evaluate when two trainers are at their end at the same moment', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess', 'train_gru');
  const last = await Promise.all([run.claim('train_lstm'), run.claim('train_prophet')]);
  const endings = await Promise.all(last.map((attempt) => attempt.completion()));

  // Both have begun and come no further, so neither can have been over before the other looked.
  const held = await holdRun(db, run.id);
  const finishing = last.map((attempt, index) => attempt.finish(endings[index]!));
  await waiting(db, 2);
  await held.commit();

  expect(await Promise.all(finishing)).toEqual(['done', 'done']);
  expect(await run.states()).toMatchObject({ train_lstm: 'SUCCEEDED', evaluate: 'QUEUED' });
  expect(await queuedTimes(run, 'evaluate')).toBe(1);
});

it('frees the join of a hundred runs exactly once each, however their last steps race', async () => {
  // Enough at once that the transactions of a pair really overlap, few enough for the connections.
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const run = await newSelftest(db);
        await run.succeed('first', 'middle');
        const left = await run.claim('left');
        const right = await run.claim('right');
        await Promise.all([left.succeed(), right.succeed()]);
        expect(await run.states()).toMatchObject({ join: 'QUEUED', last: 'PENDING' });
        expect(await queuedTimes(run, 'join')).toBe(1);
      }),
    );
  }
});

it('frees evaluate when the last trainers fail and succeed at once', async () => {
  for (let round = 0; round < 10; round++) {
    const run = await newRun(db, { identifier: `mixed-${round}` });
    await run.succeed('preprocess');
    const attempts = await Promise.all(trainers.map((trainer) => run.claim(trainer)));
    await Promise.all(
      attempts.map((attempt, index) => (index === 0 ? attempt.fail({ permanent: true }) : attempt.succeed())),
    );
    expect(await run.states()).toMatchObject({ run: 'RUNNING', [trainers[0]]: 'FAILED', evaluate: 'QUEUED' });
    expect(await queuedTimes(run, 'evaluate')).toBe(1);
  }
});
