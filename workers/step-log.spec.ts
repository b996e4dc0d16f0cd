import { expect, it } from 'vitest';
import type { StepReport } from '../src/contracts/step-message.js';
import { logLimits } from './log-limits.js';
import { stepLog } from './step-log.js';

it('reports lines as they are said', () => {
  const reports: StepReport[] = [];
  const log = stepLog((message) => reports.push(message));
  log.say('one\0');
  log.say('two', 'error');
  log.end();
  expect(reports).toEqual([
    { kind: 'log', line: { level: 'info', message: 'one' } },
    { kind: 'log', line: { level: 'error', message: 'two' } },
  ]);
});

it('counts what the worker would leave out, and tells it that there is more', () => {
  const reports: StepReport[] = [];
  const log = stepLog((message) => reports.push(message));
  for (let i = 0; i < 100_000; i++) log.say(`line ${i}`);
  log.end();
  expect(reports).toHaveLength(logLimits.lines + 2);
  expect(reports.at(-1)).toEqual({ kind: 'left_out', lines: 100_000 - logLimits.lines - 1 });
});
