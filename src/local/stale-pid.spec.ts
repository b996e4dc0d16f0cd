import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/integration/eventually.js';
import { clearStalePid, psSaysServes } from './stale-pid.js';

let dataDir: string;
let pidFile: string;
let children: ChildProcess[];
beforeEach(() => {
  dataDir = realpathSync(mkdtempSync(path.join(tmpdir(), 'stale-pid-')));
  pidFile = path.join(dataDir, 'postmaster.pid');
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true });
});

/** A process that the system knows as `postgres`: `sleep` under that name. */
async function startSleeper(cwd: string, script = 'exec "$0" 60'): Promise<number> {
  const program = path.join(dataDir, 'postgres');
  if (!existsSync(program)) symlinkSync(realpathSync('/bin/sleep'), program);
  const child = spawn('/bin/sh', ['-c', script, program], { cwd, stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child.pid ?? 0;
}

const stat = (pid: number | string) => readFileSync(`/proc/${pid}/stat`, 'utf8');

it('has nothing to do without a pid file', () => {
  expect(clearStalePid(dataDir)).toBeUndefined();
});

describe.runIf(process.platform === 'linux')('the pid file', () => {
  it('stays while a postgres works in the folder', async () => {
    const pid = await startSleeper(dataDir);
    await eventually('the sleeper is called postgres', () => stat(pid).includes('(postgres)'));
    writeFileSync(pidFile, `${pid}\n${dataDir}\n`);
    expect(clearStalePid(dataDir)).toBe(pid);
    expect(existsSync(pidFile)).toBe(true);
  });

  it('goes when its pid is that of a postgres elsewhere', async () => {
    const pid = await startSleeper(tmpdir());
    await eventually('the sleeper is called postgres', () => stat(pid).includes('(postgres)'));
    writeFileSync(pidFile, `${pid}\n${dataDir}\n`);
    expect(clearStalePid(dataDir)).toBeUndefined();
    expect(existsSync(pidFile)).toBe(false);
  });

  it('goes when its pid was given to another program, even one that works in the folder', async () => {
    const pid = await startSleeper(dataDir, 'exec sleep 60');
    await eventually('the sleeper is called sleep', () => stat(pid).includes('(sleep)'));
    writeFileSync(pidFile, `${pid}\n${dataDir}\n`);
    expect(clearStalePid(dataDir)).toBeUndefined();
    expect(existsSync(pidFile)).toBe(false);
  });

  it('goes when its pid is a zombie that nobody reaps', async () => {
    // The shell becomes a sleep, which does not wait for the child that it took over.
    const parent = await startSleeper(dataDir, '"$0" 0 & exec sleep 60');
    const zombie = await eventually('a child called postgres is a zombie', () => {
      const [pid] = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ');
      return pid && stat(pid).includes('(postgres) Z') ? pid : undefined;
    });
    writeFileSync(pidFile, `${zombie}\n${dataDir}\n`);
    expect(clearStalePid(dataDir)).toBeUndefined();
    expect(existsSync(pidFile)).toBe(false);
  });

  it('goes when its pid is nobody’s, or it holds none', () => {
    for (const text of [`${2 ** 22 + 1}\n`, '', 'x\n', '-1\n']) {
      writeFileSync(pidFile, text);
      expect(clearStalePid(dataDir)).toBeUndefined();
      expect(existsSync(pidFile)).toBe(false);
    }
  });
});

it('is decided by the arguments where there is no /proc', async () => {
  const script = 'process.stdout.write("x"); setInterval(() => {}, 60000)';
  const child = spawn(process.execPath, ['-e', script, '/bin/postgres', '-D', dataDir, '-p', '1']);
  children.push(child);
  await once(child.stdout, 'data');
  expect(psSaysServes(child.pid ?? 0, dataDir)).toBe(true);
  expect(psSaysServes(child.pid ?? 0, dataDir.slice(0, -1))).toBe(false);
  expect(psSaysServes(process.pid, dataDir)).toBe(false);
});
