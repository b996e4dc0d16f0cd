import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../contracts/app-error.js';
import { freePort } from './free-port.js';
import type { PostgresFolder } from './postgres-folder.js';
import { spawnTied, type TiedProcess } from './tied-process.js';

export interface LaunchOptions {
  /** The path of `postgres`, with what must stand before it. */
  command: readonly string[];
  /** A free one is chosen when there is none. */
  port?: number;
  durable: boolean;
  onLine: (line: string) => void;
}

/** For one person's machine: the default 128 MB of buffers and 1 GB of log would be most of what we use. */
const settings = [
  'listen_addresses=127.0.0.1',
  // Sockets would lie in the temporary folder, for every local user to find.
  'unix_socket_directories=',
  'max_connections=100',
  'shared_buffers=64MB',
  'max_wal_size=256MB',
  'min_wal_size=32MB',
  'jit=off',
  'timezone=UTC',
  'log_timezone=UTC',
  'log_checkpoints=off',
];

const notDurable = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];

/** Recovery after a crash reads at most `max_wal_size`, which takes seconds. */
const readyWithinMs = 120_000;
/** How long the backends of a killed server are waited for; they notice its end within milliseconds. */
const backendsWithinMs = 10_000;

/**
 * Starts the server and waits until it says in its pid file that it takes connections, crash recovery included.
 *
 * @throws AppError `unavailable` with PostgreSQL's own words when it ends instead
 */
export async function launchPostgres(
  folder: PostgresFolder,
  { command, port: wanted, durable, onLine }: LaunchOptions,
): Promise<TiedProcess & { port: number }> {
  const parameters = [...settings, ...(durable ? [] : notDurable)].flatMap((setting) => ['-c', setting]);
  const began = performance.now();
  for (let tries = 1; ; tries++) {
    const port = wanted ?? (await freePort());
    const said: string[] = [];
    const server = await spawnTied(
      [...command, '-D', folder.data, '-p', String(port), ...parameters],
      (line) => {
        if (said.push(line) > 30) said.shift();
        onLine(line);
      },
    );
    if (await becameReady(folder, server)) return { ...server, port };

    const words = said.join('\n');
    // Somebody else took the port between the choice and the start.
    if (wanted === undefined && tries < 5 && words.includes('could not bind')) continue;
    // A killed server's backends are still at work on the folder; PostgreSQL sees them by the shared memory.
    if (words.includes('pre-existing shared memory') && performance.now() - began < backendsWithinMs) {
      await sleep(100);
      continue;
    }
    throw new AppError('unavailable', `PostgreSQL did not start:\n${words}`, { where: folder.root });
  }
}

/** @returns false when the server ended instead */
async function becameReady(folder: PostgresFolder, server: TiedProcess): Promise<boolean> {
  const exited = server.exited.then(() => 'ended' as const);
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const { pid, status } = readPidFile(folder);
    // The pid, because the file may be the one of a server before it.
    if (pid === server.pid && status === 'ready') return true;
    if (performance.now() > deadline) {
      server.kill('SIGQUIT');
      await server.exited;
      throw new AppError('timeout', `PostgreSQL was not ready within ${readyWithinMs / 1000} s.`, {
        where: folder.root,
      });
    }
    if ((await Promise.race([exited, sleep(10)])) === 'ended') return false;
  }
}

/** `postmaster.pid`: the pid in the first line, `starting`, `ready` or `stopping` in the eighth. */
export function readPidFile({ data }: PostgresFolder): { pid?: number; status?: string } {
  try {
    const lines = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), status: lines[7]?.trim() };
  } catch {
    return {};
  }
}
