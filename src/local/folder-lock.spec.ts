import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'folder-lock-'))));
afterEach(() => rmSync(folder, { recursive: true }));

it('refuses a second one, names the pid and says what to do', async () => {
  const lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(
    `Trainyard already runs on ${folder}, as process ${process.pid}. Stop that one (kill ${process.pid}), or give ` +
      'this one another folder with TRAINYARD_HOME.',
  );
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'conflict' });
  await lock.release();
});

it('is free again after release, which may be called twice', async () => {
  const first = await lockFolder(folder);
  await first.release();
  const second = await lockFolder(folder);
  await first.release();
  await expect(lockFolder(folder)).rejects.toThrow('already runs');
  await second.release();
  expect(existsSync(path.join(folder, 'trainyard.pid'))).toBe(false);
});

it('does not believe a pid file: neither a dead pid nor one of another program holds the folder', async () => {
  for (const pid of [2 ** 22 + 1, process.pid]) {
    writeFileSync(path.join(folder, 'trainyard.pid'), `${pid}\n`);
    const lock = await lockFolder(folder);
    expect(readFileSync(path.join(folder, 'trainyard.pid'), 'utf8')).toBe(`${process.pid}\n`);
    await lock.release();
  }
});

it('is the same lock through a link, and another one for another folder', async () => {
  const link = `${folder}-link`;
  symlinkSync(folder, link);
  const other = mkdtempSync(path.join(tmpdir(), 'folder-lock-'));
  const lock = await lockFolder(folder);
  try {
    await expect(lockFolder(link)).rejects.toThrow(`as process ${process.pid}`);
    await (await lockFolder(other)).release();
  } finally {
    await lock.release();
    rmSync(link);
    rmSync(other, { recursive: true });
  }
});

it('is another lock for a copy of the folder, and for a new folder in the place of a deleted one', async () => {
  const copy = `${folder}-copy`;
  const lock = await lockFolder(folder);
  cpSync(folder, copy, { recursive: true });
  const copied = await lockFolder(copy);
  rmSync(folder, { recursive: true });
  // Usually with the same inode.
  mkdirSync(folder);
  const anew = await lockFolder(folder);
  await Promise.all([lock.release(), copied.release(), anew.release()]);
  rmSync(copy, { recursive: true });
});
