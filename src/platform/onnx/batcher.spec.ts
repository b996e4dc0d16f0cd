import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AppError } from '../../contracts/app-error.js';
import { type Batchable, Batcher, type BatcherSettings, type Outcomes } from './batcher.js';

interface Item extends Batchable {
  name: string;
}

interface Batch {
  names: string;
  end: (outcomes?: Outcomes<string>) => void;
  fail: (error: unknown) => void;
}

/** A batcher whose batches end when the test says so, and whose clock the test moves. */
function heldBatcher(settings: Partial<BatcherSettings<Item>> = {}) {
  const batches: Batch[] = [];
  const clock = { ms: 0 };
  const run = (items: Item[]) =>
    new Promise<Outcomes<string>>((resolve, reject) => {
      batches.push({
        names: items.map(({ name }) => name).join(''),
        end: (outcomes = items.map(({ name }) => name.toUpperCase())) => resolve(outcomes),
        fail: reject,
      });
    });
  const batcher = new Batcher<Item, string>(run, {
    maxRows: 4,
    maxQueue: 6,
    fits: () => true,
    now: () => clock.ms,
    ...settings,
  });
  const submit = (name: string, item: Partial<Item> = {}) => {
    const answer = batcher.submit({ name, rows: 1, deadline: Infinity, ...item });
    // The test looks at it later.
    answer.catch(() => {});
    return answer;
  };
  return { batcher, batches, clock, submit };
}

const codeOf = (error: unknown) => (error instanceof AppError ? error.code : error);
const settled = (promises: readonly Promise<string>[]) =>
  Promise.all(promises.map((promise) => promise.catch(codeOf)));

it('runs the first item at once, and together what gathered meanwhile, in the order in which it came', async () => {
  const { batches, submit } = heldBatcher();
  const answers = ['a', 'b', 'c'].map((name) => submit(name));
  expect(batches.map(({ names }) => names)).toEqual(['a']);
  batches[0]!.end();
  await turn();
  expect(batches[1]?.names).toBe('bc');
  batches[1]!.end();
  expect(await settled(answers)).toEqual(['A', 'B', 'C']);
});

it('ends a batch before it has more rows than it may; an item that has more by itself runs alone', async () => {
  const { batches, submit } = heldBatcher({ maxQueue: 10 });
  const rows = { a: 1, b: 2, c: 2, d: 9, e: 1 };
  const answers = Object.entries(rows).map(([name, count]) => submit(name, { rows: count }));
  for (const names of ['a', 'bc', 'd', 'e']) {
    await expect.poll(() => batches.at(-1)?.names).toBe(names);
    batches.at(-1)!.end();
  }
  expect(await settled(answers)).toEqual(['A', 'B', 'C', 'D', 'E']);
});

it('keeps apart what does not fit together, and lets nobody overtake', async () => {
  const { batches, submit } = heldBatcher({ fits: (first, item) => first.rows === item.rows });
  const answers = [1, 1, 2, 1].map((count, i) => submit('abcd'[i]!, { rows: count }));
  for (const names of ['a', 'b', 'c', 'd']) {
    await expect.poll(() => batches.at(-1)?.names).toBe(names);
    batches.at(-1)!.end();
  }
  await settled(answers);
});

it('refuses what would wait too long, and says when to come back by the time that batches take', async () => {
  const { batcher, batches, clock, submit } = heldBatcher({ maxQueue: 4 });
  const first = submit('a');
  clock.ms = 5_000;
  batches[0]!.end();
  await first;
  await batcher.idle();
  const answers = ['a', 'b', 'c', 'd', 'e'].map((name) => submit(name));
  const refused = await submit('f').catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'unavailable', retryAfterSeconds: 5 });
  batches[1]!.end();
  await turn();
  batches[2]!.end();
  expect(await settled(answers)).toEqual(['A', 'B', 'C', 'D', 'E']);
});

it('answers at its deadline who waits, and takes them out of the batch', async () => {
  const { batches, clock, submit } = heldBatcher();
  const answers = [submit('a'), submit('b', { deadline: 100 }), submit('c')];
  clock.ms = 101;
  await expect(answers[1]).rejects.toMatchObject({ code: 'deadline_exceeded' });
  batches[0]!.end();
  await turn();
  expect(batches[1]?.names).toBe('c');
  batches[1]!.end();
  expect(await settled(answers)).toEqual(['A', 'deadline_exceeded', 'C']);
});

it('answers at its deadline also whose batch still runs', async () => {
  const { batches, clock, submit } = heldBatcher();
  const answers = [submit('a', { deadline: 100 }), submit('b')];
  clock.ms = 101;
  await expect(answers[0]).rejects.toMatchObject({ code: 'deadline_exceeded' });
  batches[0]!.end();
  await turn();
  batches[1]!.end();
  expect(await settled(answers)).toEqual(['deadline_exceeded', 'B']);
});

it('leaves out callers that went away, and makes room for others', async () => {
  const { batcher, batches, submit } = heldBatcher({ maxQueue: 2 });
  let gone = false;
  const answers = [submit('a'), submit('b', { isGone: () => gone }), submit('c')];
  gone = true;
  await expect(answers[1]).rejects.toMatchObject({ code: 'canceled' });
  expect(batcher.depth).toBe(1);
  answers.push(submit('d'));
  batches[0]!.end();
  await turn();
  expect(batches[1]?.names).toBe('cd');
  batches[1]!.end();
  expect(await settled(answers)).toEqual(['A', 'canceled', 'C', 'D']);
});

it('fails all of a batch that fails, and goes on with the next one', async () => {
  const { batches, submit } = heldBatcher();
  const answers = ['a', 'b', 'c'].map((name) => submit(name));
  batches[0]!.end();
  await turn();
  batches[1]!.fail(new Error('broken'));
  await settled(answers);
  const after = submit('d');
  batches[2]!.end();
  expect(await settled([...answers, after])).toEqual(['A', 'internal', 'internal', 'D']);
});

it('gives to each item its own outcome, and leaves nobody waiting when one is missing', async () => {
  const { batches, submit } = heldBatcher();
  const answers = ['a', 'b', 'c', 'd', 'e'].map((name) => submit(name));
  batches[0]!.end([new AppError('invalid_request', 'not this one')]);
  await turn();
  batches[1]!.end(['B', 'C', 'D']);
  expect(await settled(answers)).toEqual(['invalid_request', 'internal', 'internal', 'internal', 'internal']);
});

it('is idle when nothing waits or runs, and knows since when it has been busy', async () => {
  const { batcher, batches, clock, submit } = heldBatcher();
  await batcher.idle();
  clock.ms = 7;
  const answer = submit('a');
  expect(batcher.busySince).toBe(7);
  let idle = false;
  const waiting = batcher.idle().then(() => (idle = true));
  await turn();
  expect(idle).toBe(false);
  batches[0]!.end();
  await waiting;
  expect(await answer).toBe('A');
  expect(batcher.busySince).toBeUndefined();
});
