import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../contracts/app-error.js';

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface TiedProcess {
  pid: number;
  /** Settles when the process has ended and its last lines were read; never rejects. */
  exited: Promise<ProcessExit>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Between us and the program stands a watcher that reads descriptor 3 and hears the end of our process as the
 * end of that stream, also after SIGKILL. Then it interrupts the program: $$ is its pid, `exec` keeps it. A line
 * on the stream says that the program has ended already, so that no stranger with its old pid is hit. The double
 * brackets make the watcher nobody's child: PostgreSQL would wonder about a child that it did not start.
 */
const watched = '( ( read -r _ <&3 || kill -INT $$ ) >/dev/null 2>&1 & ); exec "$@" 3<&-';

/** Where `sh` and `unshare` lie. What else our own environment holds (PGDATA, PGPORT, LANG) must not get in. */
const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/**
 * Starts a program that gets SIGINT when this process ends, in whatever way. It runs in a session of its own, so
 * that Ctrl-C in a terminal reaches this process alone, which then stops it in its own order.
 *
 * On Windows there is neither `sh` nor SIGINT, and the program outlives a killed parent.
 *
 * @param command the program's path and its arguments
 * @param onLine gets every line that it writes to stderr
 */
export async function spawnTied(
  command: readonly string[],
  onLine: (line: string) => void,
): Promise<TiedProcess> {
  const [program = '', ...args] = command;
  const child =
    process.platform === 'win32'
      ? spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true })
      : spawn('/bin/sh', ['-c', watched, 'sh', ...command], {
          stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
          env: environment,
          detached: true,
        });
  const ended = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new AppError('internal', `${program} could not be started.`, { cause });
  }
  const { stderr, pid } = child;
  const tie = child.stdio[3];
  if (stderr === null || pid === undefined)
    throw new AppError('internal', `${program} has no pid or no stderr.`);
  // The watcher may be gone before us, which is no reason to end with EPIPE.
  tie?.on('error', () => undefined);
  const lines = createInterface({ input: stderr, crlfDelay: Infinity }).on('line', onLine);
  const linesEnded = once(lines, 'close');
  return {
    pid,
    kill: (signal) => void child.kill(signal),
    exited: ended.then(async (exit) => {
      if (tie instanceof Writable) tie.end('\n', () => tie.destroy());
      // What the program leaves behind (a backend of a killed server) may hold its stderr open for a while.
      await Promise.race([linesEnded, sleep(1000, undefined, { ref: false })]);
      lines.close();
      stderr.destroy();
      return exit;
    }),
  };
}
