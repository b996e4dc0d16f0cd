import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * PostgreSQL refuses to start while `postmaster.pid` names any process that exists. Two kinds of those hold no
 * data: a zombie (in a container nobody may reap it) and a stranger that was given the number later. So the file
 * is removed unless a live `postgres` works in this folder.
 *
 * Call it under the folder's lock: between the look and the removal another starter could write its own file.
 * A backend that outlived a killed postmaster is not seen here; PostgreSQL itself finds it by the folder's shared
 * memory, whatever the file says.
 *
 * @param dataDir PostgreSQL's data folder (the one with `PG_VERSION`), absolute, without links
 * @returns the pid of the server that holds the folder; undefined when there is none and the way is free
 */
export function clearStalePid(dataDir: string): number | undefined {
  const file = path.join(dataDir, 'postmaster.pid');
  // Windows can tell neither a name nor a folder cheaply: PostgreSQL's own check stands there.
  if (process.platform === 'win32' || !existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const serves = process.platform === 'linux' ? procSaysServes : psSaysServes;
  if (pid > 0 && serves(pid, dataDir)) return pid;
  rmSync(file, { force: true });
  return undefined;
}

function procSaysServes(pid: number, dataDir: string): boolean {
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'postgres\n') return false;
    // Every postmaster works in its data folder, and a zombie in none. The inode stays right when the folder moves.
    const [cwd, data] = [statSync(`/proc/${pid}/cwd`), statSync(dataDir)];
    return cwd.dev === data.dev && cwd.ino === data.ino;
  } catch {
    // A zombie, gone, or of another user, whose server could not have opened this folder (it is 0700).
    return false;
  }
}

/** For systems without /proc: by the arguments that the supervisor starts every server with. */
export function psSaysServes(pid: number, dataDir: string): boolean {
  try {
    const line = execFileSync('ps', ['-ww', '-o', 'stat=,args=', '-p', String(pid)], { encoding: 'utf8' });
    return !line.startsWith('Z') && line.includes(`/postgres -D ${dataDir} `);
  } catch {
    return false;
  }
}
