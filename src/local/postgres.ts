import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { AppError } from '../contracts/app-error.js';
import { lockFolder } from './folder-lock.js';
import { initPostgres } from './init-postgres.js';
import { postgresBinaries } from './postgres-binaries.js';
import { openPostgresFolder, type PostgresFolder } from './postgres-folder.js';
import { launchPostgres, readPidFile } from './postgres-server.js';
import { rotatingLog } from './rotating-log.js';
import { clearStalePid } from './stale-pid.js';
import type { ProcessExit, TiedProcess } from './tied-process.js';
import { unprivilegedPrefix } from './unprivileged.js';

export interface StartPostgres {
  /** The folder for the data, the password and the log; made when it is new. */
  dataDir: string;
  /** A free one of the loopback address by default. */
  port?: number;
  /** false turns fsync off: for tests only, a crash of the machine then costs the database. Default true. */
  durable?: boolean;
  /** Gets every line of the server's log, which is also written to `<dataDir>/postgres.log`. */
  log?: (line: string) => void;
}

export interface PostgresServer {
  /** `postgresql://trainyard:<password>@127.0.0.1:<port>/trainyard`, a superuser. */
  url: string;
  /** The same for `trainyard_application`, who is made by whoever migrates the database. */
  applicationUrl: string;
  port: number;
  /** Of the postmaster. */
  pid: number;
  /** Ends sessions, writes a checkpoint and waits for the end; 9 to 35 ms when nothing is under way. */
  stop(): Promise<void>;
  /** Settles when the server has ended, for whatever reason; never rejects. */
  exited: Promise<ProcessExit>;
}

/**
 * Starts the embedded PostgreSQL on a folder: initialises a new one, recovers one after a crash. The server ends
 * with this process, also when that is killed with SIGKILL.
 *
 * @throws AppError `conflict` when another process works on the folder (the message names its pid), `unavailable`
 *   when this machine has no PostgreSQL for us or it does not start (the message has its words)
 */
export async function startPostgres({
  dataDir,
  port,
  durable = true,
  log,
}: StartPostgres): Promise<PostgresServer> {
  const binaries = postgresBinaries();
  const prefix = await unprivilegedPrefix();
  const folder = openPostgresFolder(dataDir);
  const lock = await lockFolder(folder.root);
  try {
    await initPostgres(folder, [...prefix, binaries.initdb], durable);
    await untilUnused(folder);
    const write = rotatingLog(folder.logFile);
    const server = await launchPostgres(folder, {
      command: [...prefix, binaries.postgres],
      port,
      durable,
      onLine(line) {
        write(`${line}\n`);
        log?.(line);
      },
    });
    const exited = server.exited.then(async (exit) => {
      await lock.release();
      return exit;
    });
    let stopped: Promise<void> | undefined;
    const stop = () =>
      (stopped ??= (async () => {
        await stopServer(server, binaries.pgCtl, folder);
        // With the folder free again: the next start may follow at once.
        await exited;
      })());
    try {
      const password = readFileSync(folder.passwordFile, 'utf8').trim();
      const url = `postgresql://trainyard:${password}@127.0.0.1:${server.port}/`;
      await createDatabase(url);
      const application = applicationPassword(folder);
      const address = `127.0.0.1:${server.port}/trainyard`;
      return {
        url: `postgresql://trainyard:${password}@${address}`,
        applicationUrl: `postgresql://trainyard_application:${application}@${address}`,
        port: server.port,
        pid: server.pid,
        stop,
        exited,
      };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * We hold the folder's lock, so a server that still runs there has lost its Trainyard and is about to stop.
 * Only one whose watcher was killed too will not.
 */
async function untilUnused(folder: PostgresFolder): Promise<void> {
  const began = performance.now();
  for (;;) {
    const pid = clearStalePid(folder.data);
    if (pid === undefined) return;
    const patienceMs = readPidFile(folder).status === 'stopping' ? 60_000 : 2_000;
    if (performance.now() - began > patienceMs) {
      throw new AppError(
        'conflict',
        `A PostgreSQL that no Trainyard watches runs on ${folder.data}, as process ${pid}. ` +
          `Stop it (kill -INT ${pid}) and start again.`,
      );
    }
    await sleep(25);
  }
}

/** Made once, also in a folder from before there was this user. Under the folder's lock. */
function applicationPassword({ applicationPasswordFile: file }: PostgresFolder): string {
  if (!existsSync(file)) {
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true });
  }
  return readFileSync(file, 'utf8').trim();
}

/** Readiness for us is a connection with the password, and our database in the server. */
async function createDatabase(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${serverUrl}postgres`, ssl: false });
  // Its own failure is told by what is awaited below.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = 'trainyard'");
    if (rowCount === 0) await client.query('CREATE DATABASE trainyard');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('unavailable', `PostgreSQL runs but does not let us in: ${why}`, { cause });
  } finally {
    await client.end();
  }
}

async function stopServer(server: TiedProcess, pgCtl: string, folder: PostgresFolder): Promise<void> {
  if (process.platform === 'win32') {
    await promisify(execFile)(pgCtl, ['stop', '-D', folder.data, '-m', 'fast']);
    await server.exited;
    return;
  }
  // Fast, then immediate (the next start recovers), then by force. A fast stop writes all that is in memory.
  for (const [signal, withinMs] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 0],
  ] as const) {
    server.kill(signal);
    const ended = await Promise.race([server.exited, sleep(withinMs, undefined, { ref: false })]);
    if (ended) return;
  }
  await server.exited;
}
