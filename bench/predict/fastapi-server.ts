import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../src/local/free-port.js';
import { projectRoot } from '../../src/platform/project-root.js';
import type { MeasuredServer } from './bare-server.js';

/** Microseconds of a tick of the process table: 100 a second everywhere. */
const tickUs = 10_000;
const patienceMs = 30_000;

/** The same model behind FastAPI; undefined, with the reason said, where this Python has not what it takes. */
export async function startFastApi(
  python: string,
  modelFile: string,
  say: (line: string) => void,
): Promise<MeasuredServer | undefined> {
  try {
    execFileSync(python, ['-c', 'import fastapi, uvicorn, onnxruntime, numpy'], { stdio: 'pipe' });
  } catch {
    say(`no comparison with FastAPI: ${python} has not fastapi, uvicorn, onnxruntime and numpy`);
    return undefined;
  }
  const port = await freePort();
  const script = path.join(projectRoot(), 'bench/predict/fastapi_server.py');
  const child = spawn(python, [script, modelFile, String(port)], { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(child, 'exit');
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const began = performance.now();
  while (!(await answers(port))) {
    if (performance.now() - began > patienceMs || child.exitCode !== null) {
      kill();
      throw new Error('FastAPI did not start');
    }
    await delay(100);
  }
  return {
    port,
    // Linux only, as is nearly every machine with this comparison: fields 14 and 15 are user and system time.
    cpu() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return Promise.resolve((Number(fields[11]) + Number(fields[12])) * tickUs);
    },
    async stop() {
      process.off('exit', kill);
      kill();
      await ended;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/docs`).then(
    () => true,
    () => false,
  );
}
