import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import { projectRoot } from '../../src/platform/project-root.js';
import { SupervisorMessage } from '../../src/platform/supervisor-message.js';
import type { ProcessExit } from '../../src/local/tied-process.js';

export interface Running {
  pid: number;
  /** Where it listens. */
  url: string | null;
  /** Settles when it has ended, in whatever way. */
  ended: Promise<ProcessExit>;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL, and its end awaited. */
  kill(): Promise<void>;
  /** SIGTERM, and its end awaited. */
  stop(): Promise<ProcessExit>;
  /** Its last lines. */
  output(): string;
}

export type StartProcess = (entry: string, environment: Record<string, string>) => Promise<Running>;

const linesKept = 200;

/**
 * Starts compiled processes of the project, as an operator would, and ends each of them when the file is done,
 * whatever became of its tests: `const start = testProcesses();` at the top of the file.
 */
export function testProcesses(): StartProcess {
  const children = new Set<ChildProcess>();
  const killAll = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  // Also when this process is ended in the middle of a test.
  process.once('exit', killAll);
  afterAll(() => {
    killAll();
    process.off('exit', killAll);
  });
  return (entry, environment) => start(entry, environment, children);
}

async function start(
  entry: string,
  environment: Record<string, string>,
  children: Set<ChildProcess>,
): Promise<Running> {
  const file = path.join(projectRoot(), entry);
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\``);
  const child = fork(file, [], {
    // Nothing else of ours: an operator's DATABASE_URL must not reach a test.
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  children.add(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream)
      createInterface({ input: stream }).on('line', (line) => lines.push(line) > linesKept && lines.shift());
  }
  const output = () => lines.join('\n');
  const ended = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      children.delete(child);
      resolve({ code, signal });
    });
  });
  const ready = new Promise<SupervisorMessage>((resolve) => {
    child.once('message', (message) => resolve(SupervisorMessage.parse(message)));
  });
  const first = await Promise.race([ready, ended]);
  if (!('ready' in first)) {
    throw new Error(`${entry} did not become ready (${first.signal ?? first.code}):\n${output()}`);
  }
  const end = async (name: NodeJS.Signals) => {
    child.kill(name);
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    url: first.url,
    ended,
    signal: (name) => void child.kill(name),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    output,
  };
}
