import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../contracts/app-error.js';

export interface FolderLock {
  /** Gives the folder free. The end of the process does the same, however it ends. */
  release(): Promise<void>;
}

type Unlock = () => Promise<void>;

/**
 * Makes this process the only Trainyard on a folder of this machine.
 *
 * The lock is a thing that the kernel keeps for a living process and takes back when it ends, also by SIGKILL: a
 * name that one socket at a time can be bound to (Linux, Windows), or a file opened exclusively (macOS). So a
 * lock is never stale and nobody ever takes one over: of many starters after a crash, the kernel lets one bind. A
 * file with a pid in it would have to be read, judged and replaced, and two starters that judge the same dead pid
 * can each replace it. The file `trainyard.pid` is written as well, but only for the message.
 *
 * The name comes from a random id kept in the folder (`trainyard.lock`, which stays) and from the folder's inode:
 * links lead to the same lock, a copy has another one, and so has a new folder that was given the inode of a
 * deleted one. Two containers that share a volume do not see each other: Linux keeps such names apart by network
 * namespace.
 *
 * @param dir an existing folder
 * @throws AppError `conflict` when a living process holds the folder; the message names its pid
 */
export async function lockFolder(dir: string): Promise<FolderLock> {
  const pidFile = path.join(dir, 'trainyard.pid');
  const lockFile = path.join(dir, 'trainyard.lock');
  const unlock = process.platform === 'darwin' ? openExclusively(lockFile) : await bindName(dir, lockFile);
  if (unlock === undefined) throw await heldError(dir, pidFile);
  notePid(pidFile);
  let released: Promise<void> | undefined;
  return {
    release: () =>
      (released ??= (async () => {
        // In this order: after the unlock the file may already be the next holder's.
        rmSync(pidFile, { force: true });
        await unlock();
      })()),
  };
}

/** Only for the message, so a full disk keeps nobody from the lock that he holds by now. */
function notePid(pidFile: string): void {
  try {
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch {
    // The next one that is kept out hears of "another process".
  }
}

/** @returns undefined when another process has the name */
function bindName(dir: string, lockFile: string): Promise<Unlock | undefined> {
  const { dev, ino } = statSync(dir, { bigint: true });
  const identity = `${readOrMakeId(lockFile)} ${dev} ${ino}`;
  const name = `trainyard-${createHash('sha256').update(identity).digest('hex')}`;
  // An abstract socket's name has 108 bytes. Node 20 fills up a shorter one with zeros and Node 22 does not, so
  // that the two would hold different names; one that needs no filling is the same to both.
  const address = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : `\0${name.padEnd(107, '-')}`;
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(new AppError('internal', `The folder ${dir} could not be locked.`, { cause: error }));
    });
    server.listen({ path: address, exclusive: true }, () => {
      // A lock keeps nobody running.
      server.unref();
      resolve(() => new Promise((closed) => server.close(() => closed())));
    });
  });
}

/** Of two that make it at once, the link of one fails, and both read the other's. */
function readOrMakeId(lockFile: string): string {
  if (!existsSync(lockFile)) {
    const id = randomUUID();
    const draft = `${lockFile}.${id}`;
    try {
      writeFileSync(draft, id);
      linkSync(draft, lockFile);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
  return readFileSync(lockFile, 'utf8');
}

/** open(2) of macOS and the BSDs locks in the same call; Node has no name for the flag. */
const O_EXLOCK = 0x20;

/** @returns undefined when another process has the file open */
function openExclusively(file: string): Unlock | undefined {
  try {
    const descriptor = openSync(
      file,
      constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK,
      0o600,
    );
    return async () => closeSync(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

async function heldError(dir: string, pidFile: string): Promise<AppError> {
  let pid = livingPid(pidFile);
  // The holder writes its pid a moment after it got the lock; until then the file is missing, or names a dead one.
  for (let tries = 0; pid === undefined && tries < 20; tries++) {
    await sleep(25);
    pid = livingPid(pidFile);
  }
  const holder = pid === undefined ? 'another process' : `process ${pid}`;
  return new AppError(
    'conflict',
    `Trainyard already runs on ${dir}, as ${holder}. Stop that one${pid === undefined ? '' : ` (kill ${pid})`}, ` +
      'or give this one another folder with TRAINYARD_HOME.',
  );
}

function livingPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return pid || undefined;
  } catch {
    return undefined;
  }
}
