import { expect, it } from 'vitest';
import { testDatabase } from '../../database.js';
import { newRun, newSelftest, trainers, type TestRun } from '../../factories/run.js';
import { holdRun } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();

/** Changes of state, and what the engine says in the logs of attempts: they are numbered together. */
const events = async (run: TestRun) => {
  const where = { run_id: run.id };
  // One moment of both: read one after the other, a line could be there without the change before it.
  const [changes, lines] = await db.$transaction(
    [db.stateChange.findMany({ where }), db.runEvent.findMany({ where })],
    { isolationLevel: 'RepeatableRead' },
  );
  return [...changes, ...lines].sort((a, b) => a.number - b.number);
};

it('has a row, numbered from 1 without a gap, for every change of a whole run', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess', ...trainers, 'evaluate', 'infer');
  const rows = await events(run);
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  expect((await run.row()).last_event).toBe(rows.length);
  expect(await run.history()).toEqual([
    'run PENDING',
    'preprocess QUEUED',
    'run RUNNING',
    'preprocess RUNNING',
    'preprocess SUCCEEDED',
    ...trainers.map((trainer) => `${trainer} QUEUED`),
    ...trainers.flatMap((trainer) => [`${trainer} RUNNING`, `${trainer} SUCCEEDED`]),
    'evaluate QUEUED',
    'evaluate RUNNING',
    'evaluate SUCCEEDED',
    'infer QUEUED',
    'infer RUNNING',
    'infer SUCCEEDED',
    'run SUCCEEDED',
  ]);
});

// A number from a sequence could be given before, and become visible after, a higher one: a reader who asks for what
// came after the last number it saw would miss it for ever.
it('never shows a number before all below it, to one who reads along while others write', async () => {
  const run = await newSelftest(db);
  await run.succeed('first');
  const attempts = await Promise.all(['left', 'middle', 'right'].map((step) => run.claim(step)));
  const held = await holdRun(db, run.id);
  const finishing = Promise.all(attempts.map((attempt) => attempt.succeed()));
  await waiting(db, 3);
  await held.commit();
  const ended = new AbortController();
  void finishing.finally(() => ended.abort());
  const seen: number[][] = [];
  while (!ended.signal.aborted) seen.push((await events(run)).map(({ number }) => number));
  await finishing;
  seen.push((await events(run)).map(({ number }) => number));
  for (const numbers of seen) expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

it('has no gap after a transaction that was rolled back', async () => {
  const run = await newRun(db);
  await run.succeed('preprocess');
  const attempt = await run.claim('train_gru');
  const ending = await attempt.completion();
  if (ending.outcome !== 'SUCCEEDED') throw new Error('not reached');
  await expect(attempt.finish({ ...ending, trackedRun: null })).rejects.toThrow('tracked run');
  await attempt.succeed();
  const numbers = (await events(run)).map(({ number }) => number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

it('has times that follow the numbers, although transactions began in another order', async () => {
  const run = await newSelftest(db);
  await run.succeed('first');
  const attempts = await Promise.all(['left', 'middle', 'right'].map((step) => run.claim(step)));
  await Promise.all(attempts.map((attempt) => attempt.succeed()));
  const times = (await events(run)).map(({ at }) => at.getTime());
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});
