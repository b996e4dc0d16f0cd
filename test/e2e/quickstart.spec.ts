import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { projectRoot } from '../../src/platform/project-root.js';
import type { ProcessExit } from '../../src/local/tied-process.js';
import { familyOf, isLiving, processesNaming } from './process-list.js';
import { until } from './until.js';

const home = mkdtempSync(path.join(tmpdir(), 'trainyard-quickstart-'));
afterAll(() => rmSync(home, { recursive: true, maxRetries: 50, retryDelay: 100 }));

const patienceMs = 170_000;

/** The quickstart as somebody starts it who has nothing but Node. */
function quickstart(...args: string[]) {
  const child = spawn(process.execPath, [path.join(projectRoot(), 'dist/src/local/quickstart.js'), ...args], {
    env: { PATH: process.env.PATH, TRAINYARD_HOME: home, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Everything that it starts ends with it, also then.
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const ended = new Promise<ProcessExit>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => output,
    says: (text: string) =>
      until(`it says "${text}"; so far:\n${output}`, () => output.includes(text), patienceMs),
    signal: (name: NodeJS.Signals) => void child.kill(name),
  };
}

/** Itself, PostgreSQL, gateway, worker, step processes, and who watches over them. */
function everyone(pid: number): number[] {
  return [...new Set([...familyOf(pid), ...processesNaming(home)])];
}
const allGone = (pids: readonly number[]) =>
  until('all processes are gone', () => !pids.some(isLiving) && processesNaming(home).length === 0);

describe('the quickstart', () => {
  it(
    'trains, compares, promotes and forecasts, shows it all, and ends',
    { timeout: patienceMs + 10_000 },
    async () => {
      const { ended, output } = quickstart('--once');
      expect({ ...(await ended), output: output() }).toMatchObject({ code: 0 });
      const text = output();
      expect(text).toContain('Loading seattle-weather: 8,759 hourly rows');
      const scoreboard = text.slice(text.indexOf('Scoreboard'), text.indexOf('was promoted, because'));
      for (const model of ['GRU', 'LSTM', 'PROPHET', 'NAIVE', 'RIDGE']) {
        expect(scoreboard).toMatch(new RegExp(`^[★ ] ${model} +0\\.\\d+`, 'm'));
      }
      expect(text).toMatch(/^(GRU|LSTM) was promoted, because$/m);
      expect(text).toContain('✔ nothing was promoted before');
      expect(text).toContain('POST /predict: 24 hours ahead from');
      // The plot: a dot an hour, the line that came true, and what is what.
      expect(text.match(/●/g)?.length).toBeGreaterThan(20);
      expect(text).toMatch(/┏━+┛[^]*hours ahead[^]*true values \(°C\)[^]*● forecast/);
      const [, url] = /Swagger +(http:\/\/127\.0\.0\.1:\d+)\/docs/.exec(text) ?? [];
      for (const address of ['/openapi.json', '/health/ready', '/metrics'])
        expect(text).toContain(`${url}${address}`);
      expect(text).not.toMatch(/error|Error|undefined|NaN|\[object/);
      await allGone([]);
    },
  );

  it('finds what an earlier start left, lets no second copy on the folder, and stops everything on Ctrl-C', async () => {
    const first = quickstart();
    await first.says('found earlier runs:');
    expect(first.output()).toMatch(/(GRU|LSTM) is promoted, promotion 1 of quickstart/);
    await first.says('Serving. Ctrl-C stops everything.');
    expect(first.output()).toMatch(/✔ train_lstm +reused from run/);

    const second = quickstart();
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.output()).toContain(`Trainyard already runs on ${home}, as process ${first.pid}.`);
    expect(second.output()).toContain('TRAINYARD_HOME');
    expect(second.output()).not.toContain('    at ');

    const pids = everyone(first.pid);
    // PostgreSQL, gateway, worker and at least one step process, besides itself.
    expect(pids.length).toBeGreaterThan(5);
    first.signal('SIGINT');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(first.output()).toContain('stopping');
    expect(first.output()).not.toMatch(/error/i);
    await allGone(pids);
  });

  it('leaves no process when it is killed, and starts again on the same folder', async () => {
    const killed = quickstart();
    await killed.says('Serving. Ctrl-C stops everything.');
    const pids = everyone(killed.pid);
    expect(pids.length).toBeGreaterThan(5);
    killed.signal('SIGKILL');
    await killed.ended;
    await allGone(pids);

    const next = quickstart();
    await next.says('found earlier runs:');
    next.signal('SIGTERM');
    expect(await next.ended).toEqual({ code: 0, signal: null });
    await allGone([]);
  });
});
