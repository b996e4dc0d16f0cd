import { expect, it } from 'vitest';
import { turns } from './turns.js';

/** A piece of work that ends when it is told to. */
function work() {
  let end: (() => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  const done = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { done, end: () => end?.(), fail: () => fail?.(new Error('it failed')) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('lets so many work at once, and the others in order, whatever becomes of those before', async () => {
  const inTurn = turns(2);
  const pieces = Array.from({ length: 5 }, work);
  const began: number[] = [];
  const results = pieces.map(({ done }, i) =>
    inTurn(() => {
      began.push(i);
      return done.then(() => i);
    }).catch(() => -1),
  );
  await settled();
  expect(began).toEqual([0, 1]);
  pieces[1]?.fail();
  await settled();
  expect(began).toEqual([0, 1, 2]);
  pieces[2]?.end();
  pieces[0]?.end();
  await settled();
  expect(began).toEqual([0, 1, 2, 3, 4]);
  pieces[3]?.end();
  pieces[4]?.end();
  expect(await Promise.all(results)).toEqual([0, -1, 2, 3, 4]);
  expect(await inTurn(() => Promise.resolve('free again'))).toBe('free again');
});
