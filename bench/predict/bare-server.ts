import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectRoot } from '../../src/platform/project-root.js';

/** A server that is measured. */
export interface MeasuredServer {
  port: number;
  /** Processor time it has taken, microseconds. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts one of the bare servers in a process of its own. */
export async function startBareServer(name: string, args: readonly string[]): Promise<MeasuredServer> {
  const child = fork(path.join(projectRoot(), 'dist/bench/predict', `${name}.js`), args, { execArgv: [] });
  const port = await hear(child);
  return {
    port,
    cpu() {
      child.send('cpu');
      return hear(child);
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function hear(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the server ended');
  });
  const [number] = (await Promise.race([once(child, 'message'), ended])) as [number];
  return number;
}
