import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { projectRoot } from '../../src/platform/project-root.js';
import { type TaskListener, StepProcess } from '../../workers/step-process.js';
import { eventually } from './eventually.js';

const folder = mkdtempSync(path.join(tmpdir(), 'trainyard-step-process-'));
afterAll(() => rmSync(folder, { recursive: true }));
const compiled = path.join(projectRoot(), 'dist/workers/flush-output.js');
const task = { type: 'pause', input: {}, tracked_run_id: null } as const;

/** A step process that does `body` for its task, in which `report` sends to the worker. */
function processOf(body: string) {
  const entry = path.join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
  const source = `
    import { writeSync } from 'node:fs';
    import { flushOutput } from ${JSON.stringify(pathToFileURL(compiled).href)};
    const report = (message) => process.send(message);
    process.on('message', async () => { ${body} });
    process.on('disconnect', () => process.exit());`;
  writeFileSync(entry, source);
  const [lines, stray]: [string[], string[]] = [[], []];
  const child = new StepProcess(entry, ({ level, message }) => stray.push(`${level} ${message}`));
  onTestFinished(() => child.kill());
  const listener: TaskListener = {
    onProgress: () => {},
    onMetrics: () => {},
    onLog: ({ level, message }) => lines.push(`said ${level} ${message}`),
    onLeftOut: (count) => lines.push(`left out ${count}`),
    onPrinted: ({ level, message }) => lines.push(`${level} ${message}`),
  };
  return {
    child,
    listener,
    lines,
    stray,
    run: () => child.run(task, listener, new AbortController().signal),
  };
}
const done = `report({ kind: 'done', result: null });`;

it('gives what the process prints before its result as lines of the task', async () => {
  const { run, lines, stray } = processOf(`
    process.stdout.write('to stdout\\nwithout an end');
    process.stderr.write('to stderr\\n');
    writeSync(2, 'past Node\\n');
    report({ kind: 'log', line: { level: 'debug', message: 'by the channel' } });
    ${done}`);
  for (let i = 0; i < 20; i++) {
    lines.length = 0;
    await run();
    expect(lines.toSorted()).toEqual([
      'info to stdout',
      'info without an end',
      'said debug by the channel',
      'warn past Node',
      'warn to stderr',
    ]);
  }
  expect(stray).toEqual([]);
});

it('gives the last words of a process that dies', async () => {
  const { run, lines } = processOf(`
    writeSync(2, 'terminate called after throwing an instance of std::bad_alloc\\n');
    process.kill(process.pid, 'SIGKILL');`);
  await expect(run()).rejects.toThrow('was killed by SIGKILL');
  expect(lines).toEqual(['warn terminate called after throwing an instance of std::bad_alloc']);
});

it('gives what is printed without a task to nobody’s log', async () => {
  const { run, lines, stray } = processOf(`${done} setTimeout(() => console.log('late'), 50);`);
  await run();
  await eventually('the late line', () => stray.length > 0);
  expect(stray).toEqual(['info late']);
  expect(lines).toEqual([]);
});

it('is not held up by a flood, and reads all of it before the result', async () => {
  const { run, lines } = processOf(`
    for (let i = 0; i < 100_000; i++) process.stdout.write('line ' + i + '\\n');
    await flushOutput();
    ${done}`);
  await run();
  expect(lines).toHaveLength(100_000);
  expect(lines.at(-1)).toBe('info line 99999');
});
