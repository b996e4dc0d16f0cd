import {
  realpathSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
import { keepPostgres } from '../../src/local/keep-postgres.js';
import { startPostgres, type PostgresServer } from '../../src/local/postgres.js';
import { compiledChild } from './compiled-child.js';
import { eventually } from './eventually.js';

let folder: string;
/** Initialised by the first test and used by nearly all: initdb is most of a start. */
let shared: string;
let servers: PostgresServer[] = [];
beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'postgres-')));
  shared = path.join(folder, 'shared');
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  servers = [];
});
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 50 }));

async function start(dataDir = shared, durable = false): Promise<PostgresServer> {
  const server = await startPostgres({ dataDir, durable });
  servers.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  // A server that is killed under it says so in an event too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A zombie counts as ended: whether somebody reaps it is not our doing. */
function hasEnded(pid: number): boolean {
  if (process.platform === 'linux') {
    return !existsSync(`/proc/${pid}`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  }
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

/** A Trainyard process with a server; `say` tells the server's url and pid. */
const startInChild = (dataDir = shared) =>
  compiledChild(
    'src/local/postgres.ts',
    `try {
       const server = await subject.startPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: false });
       say({ url: server.url, pid: server.pid });
       await server.exited;
     } catch (error) { say({ refused: error.message }); }`,
  );

it('keeps what was written when it is stopped and started again', async () => {
  const first = await start();
  await query(first.url, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('grün')");
  await first.stop();
  expect(await first.exited).toEqual({ code: 0, signal: null });
  expect(hasEnded(first.pid)).toBe(true);

  const second = await start();
  expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'grün' }]);
  expect(await query(second.url, 'SHOW server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
});

it('lets nobody in without the password, which only its owner can read', async () => {
  const { url, port } = await start();
  const { password } = new URL(url);
  const passwordFile = path.join(shared, 'password');
  expect(readFileSync(passwordFile, 'utf8')).toBe(password);
  expect(statSync(passwordFile).mode & 0o777).toBe(0o600);
  expect(statSync(shared).mode & 0o777).toBe(0o700);
  await expect(query(url.replace(password, 'guess'), 'SELECT 1')).rejects.toThrow(
    'password authentication failed',
  );
  await expect(query(`postgresql://trainyard@127.0.0.1:${port}/trainyard`, 'SELECT 1')).rejects.toThrow(
    /password/,
  );
  expect(await query(url, 'SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
  expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
});

it('stops when the process that started it is killed with SIGKILL, and the next start finds the data', async () => {
  const child = startInChild();
  const { url, pid } = (await child.next()) as { url: string; pid: number };
  await query(url, 'CREATE TABLE kept_by_child ()');
  expect(hasEnded(pid)).toBe(false);
  await child.kill();
  // At once: the old server is still shutting down, and is waited for.
  const server = await start();
  expect(hasEnded(pid)).toBe(true);
  expect(await query(server.url, "SELECT to_regclass('kept_by_child') IS NOT NULL AS found")).toEqual([
    { found: true },
  ]);
});

it('stops when the process that started it simply ends', async () => {
  const child = compiledChild(
    'src/local/postgres.ts',
    `const server = await subject.startPostgres({ dataDir: ${JSON.stringify(shared)}, durable: false });
     say(server.pid); process.exit(0);`,
  );
  const pid = (await child.next()) as number;
  expect(pid).toBeGreaterThan(0);
  await eventually('the server has ended', () => hasEnded(pid));
});

it('refuses a folder that another process uses, and names that process', async () => {
  const child = startInChild();
  const { url } = (await child.next()) as { url: string };
  await expect(start()).rejects.toMatchObject({ code: 'conflict' });
  await expect(start()).rejects.toThrow(`${shared}, as process ${child.pid}.`);
  // And has done no harm to it.
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await child.kill();
});

it('refuses a folder with a server that nothing will stop, and names the server', async () => {
  const server = await start();
  const pidFile = path.join(shared, 'data/postmaster.pid');
  const running = readFileSync(pidFile, 'utf8');
  await server.stop();
  // Its watcher was killed too: played by a process of the same name in the same folder.
  const orphan = compiledChild(
    'src/local/postgres.ts',
    `process.chdir(${JSON.stringify(path.join(shared, 'data'))}); process.title = 'postgres';
     say(process.pid); setInterval(() => {}, 60000);`,
  );
  const pid = (await orphan.next()) as number;
  writeFileSync(pidFile, running.replace(/^\d+/, String(pid)));
  await expect(start()).rejects.toThrow(`as process ${pid}. Stop it (kill -INT ${pid})`);
  await orphan.kill();
  await start();
});

it('starts although a stale pid file names a living process', async () => {
  const first = await start();
  const pidFile = path.join(shared, 'data/postmaster.pid');
  const running = readFileSync(pidFile, 'utf8');
  await first.stop();
  writeFileSync(pidFile, running.replace(/^\d+/, String(process.pid)));
  const second = await start();
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('recovers what was committed when the server was killed, and waits for a session that outlives it', async () => {
  const first = await start(shared, true);
  await query(first.url, 'CREATE TABLE kept_in_crash AS SELECT generate_series(1, 1000) AS n');
  const client = new pg.Client(first.url);
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const backend = rows[0]?.pid ?? 0;
  // Halted, it cannot notice that its server is gone.
  process.kill(backend, 'SIGSTOP');
  process.kill(first.pid, 'SIGKILL');
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });

  let refused = () => {};
  const stillInUse = new Promise<void>((resolve) => (refused = resolve));
  const log = (line: string) => void (line.includes('pre-existing shared memory') && refused());
  const second = startPostgres({ dataDir: shared, log });
  await stillInUse;
  process.kill(backend, 'SIGCONT');
  servers.push(await second);
  expect(await query((await second).url, 'SELECT count(*)::int AS n FROM kept_in_crash')).toEqual([
    { n: 1000 },
  ]);
});

it('starts over when its first start was killed during initdb', async () => {
  const dataDir = path.join(folder, 'interrupted');
  const child = startInChild(dataDir);
  const begun = () => readdirSync(dataDir).find((name) => name.startsWith('data.init-'));
  await eventually('the folder is there', () => existsSync(dataDir));
  const half = await eventually('initdb has begun', begun);
  await eventually('initdb has written', () => existsSync(path.join(dataDir, half, 'base')));
  await child.kill();
  expect(existsSync(path.join(dataDir, 'data'))).toBe(false);

  const server = await start(dataDir);
  expect(await query(server.url, 'SELECT current_database() AS name')).toEqual([{ name: 'trainyard' }]);
  expect(readdirSync(dataDir).sort()).toEqual([
    'application-password',
    'data',
    'password',
    'postgres.log',
    'trainyard.lock',
    'trainyard.pid',
  ]);
});

it('lets one of three in that start together on a new folder', async () => {
  const dataDir = path.join(folder, 'raced');
  const children = [startInChild(dataDir), startInChild(dataDir), startInChild(dataDir)];
  const said = (await Promise.all(children.map((child) => child.next()))) as {
    url?: string;
    refused?: string;
  }[];
  expect(said.filter(({ url }) => url !== undefined)).toHaveLength(1);
  const winner = children[said.findIndex(({ url }) => url !== undefined)];
  for (const { refused } of said.filter(({ url }) => url === undefined)) {
    expect(refused).toContain(`as process ${winner?.pid}.`);
  }
  await winner?.kill();
});

it('passes on what PostgreSQL says when it does not start', async () => {
  const versionFile = path.join(shared, 'data/PG_VERSION');
  const version = readFileSync(versionFile);
  writeFileSync(versionFile, '12\n');
  await expect(start()).rejects.toThrow(/did not start:[^]*initialized by PostgreSQL version 12/);
  writeFileSync(versionFile, version);

  const neighbour = createServer().listen(0, '127.0.0.1');
  await once(neighbour, 'listening');
  const { port } = neighbour.address() as AddressInfo;
  await expect(startPostgres({ dataDir: shared, port })).rejects.toThrow(/did not start:[^]*could not bind/);
  neighbour.close();
});

it('says so when its password file is not the one of the data, and leaves no server running', async () => {
  const passwordFile = path.join(shared, 'password');
  const password = readFileSync(passwordFile);
  writeFileSync(passwordFile, 'another');
  await expect(start()).rejects.toThrow('does not let us in: password authentication failed');
  expect(existsSync(path.join(shared, 'data/postmaster.pid'))).toBe(false);
  writeFileSync(passwordFile, password);
});

it('is started again at the same address when it was killed, and stays down once it was stopped', async () => {
  const said: string[] = [];
  const kept = await keepPostgres({ dataDir: shared }, (line) => said.push(line));
  onTestFinished(() => kept.stop());
  await query(kept.url, 'create table restarted as select 42 as answer');
  const first = kept.pid();
  process.kill(first, 'SIGKILL');
  await eventually(`it runs again; it said: ${said.join('\n')}`, () => kept.pid() !== first);
  expect(await query(kept.url, 'select answer from restarted')).toEqual([{ answer: 42 }]);
  expect(said).toEqual(['PostgreSQL was killed by SIGKILL; starting it again']);
  await kept.stop();
  expect(hasEnded(kept.pid())).toBe(true);
  await expect(query(kept.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
});

it('leaves nothing behind when it is stopped while it is being started again', async () => {
  let starts = 0;
  let stopping: Promise<void> | undefined;
  // In the middle of it: the server has begun, and nobody was told of it yet.
  const log = (line: string) => {
    if (line.includes('starting PostgreSQL') && ++starts === 2) stopping = kept.stop();
  };
  const kept = await keepPostgres({ dataDir: shared, durable: false, log }, () => {});
  process.kill(kept.pid(), 'SIGKILL');
  await eventually('it is being started again', () => stopping !== undefined);
  await stopping;
  expect(hasEnded(kept.pid())).toBe(true);
  await expect(query(kept.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
});
