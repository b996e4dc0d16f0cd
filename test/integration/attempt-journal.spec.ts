import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AttemptJournal } from '../../workers/attempt-journal.js';
import { testDatabase } from '../database.js';
import { expireLeases } from '../expire-leases.js';
import type { TestAttempt } from '../factories/attempt.js';
import { newSelftest, type TestRun } from '../factories/run.js';
import { eventually } from './eventually.js';

const { db } = await testDatabase();

function journalOf({ lease }: TestAttempt) {
  const faults: unknown[] = [];
  const journal = new AttemptJournal(db, lease, (error) => faults.push(error));
  onTestFinished(() => journal.close());
  return { journal, faults };
}
const Data = z.object({ message: z.string() });
const messages = async (run: TestRun) => {
  const rows = await db.runEvent.findMany({
    where: { run_id: run.id, kind: 'log' },
    orderBy: { number: 'asc' },
  });
  return rows.map(({ data }) => Data.parse(data).message);
};
const info = (message: string) => ({ level: 'info' as const, message });

it('writes lines and points by itself, soon, and all of them at a flush', async () => {
  const run = await newSelftest(db);
  const { journal, faults } = journalOf(await run.claim('first'));
  journal.onLog(info('soon'));
  journal.onMetrics([{ key: 'loss', value: Number.NaN, step: 1, timestamp: 1_700_000_000_000 }]);
  await eventually('the line', async () => (await messages(run)).includes('soon'));
  const points = await db.runEvent.findFirstOrThrow({ where: { run_id: run.id, kind: 'metrics' } });
  expect(points.data).toMatchObject({ points: [{ key: 'loss', value: 'NaN', step: 1 }] });
  journal.onPrinted(info('printed'));
  journal.onLog(info('last'));
  await journal.flush();
  expect((await messages(run)).slice(1)).toEqual(['soon', 'printed', 'last']);
  expect(faults).toEqual([]);
});

it('keeps 10,000 of 100,000 lines, and neither stalls nor floods', async () => {
  const run = await newSelftest(db);
  const { journal } = journalOf(await run.claim('first'));
  const began = performance.now();
  for (let i = 0; i < 100_000; i++) journal.onLog(info(`line ${i}`));
  expect(performance.now() - began).toBeLessThan(5_000);
  await journal.flush();
  const written = await messages(run);
  expect(written).toHaveLength(1 + 10_000 + 2);
  expect(written[10_000]).toBe('line 9999');
  expect(written.at(-1)).toMatch(/^90000 lines were left out/);
});

it('takes any text', async () => {
  const run = await newSelftest(db);
  const { journal, faults } = journalOf(await run.claim('first'));
  const texts = ['nul \0 within', 'half \uD83D a pair', '\u0001 \\u0000 "', 'x'.repeat(100_000), ''];
  for (const text of texts) journal.onLog(info(text));
  journal.onMetrics([{ key: 'nul \0 in a key', value: 1, step: 0, timestamp: 0 }]);
  journal.onProgress({ fraction: 0.5, message: 'nul \0 in progress' });
  await journal.flush();
  expect(faults).toEqual([]);
  expect((await run.step('first')).progress).toMatchObject({ message: 'nul  in progress' });
  expect((await messages(run)).slice(1)).toEqual([
    'nul  within',
    'half \uFFFD a pair',
    '\u0001 \\u0000 "',
    `${'x'.repeat(4_000)}… (96000 more characters)`,
    '',
  ]);
});

it('writes nothing for a zombie, and does not keep its lines either', async () => {
  const run = await newSelftest(db);
  const zombie = await run.claim('first', 'zombie');
  const { journal, faults } = journalOf(zombie);
  journal.onLog(info('in time'));
  await journal.flush();
  await zombie.lapse();
  await expireLeases(db);
  const successor = journalOf(await run.claim('first', 'successor'));
  journal.onLog(info('too late'));
  journal.onProgress({ fraction: 1, message: 'too late' });
  await journal.flush();
  successor.journal.onLog(info('by the successor'));
  await successor.journal.flush();
  const written = await messages(run);
  expect(written).toContain('in time');
  expect(written).toContain('by the successor');
  expect(written).not.toContain('too late');
  expect((await run.step('first')).progress).toBeNull();
  expect(faults).toEqual([]);
});
