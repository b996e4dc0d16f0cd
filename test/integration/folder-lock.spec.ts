import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder } from '../../src/local/folder-lock.js';
import { howToGetSmallDisk, smallDisk } from '../small-disk.js';
import { compiledChild } from './compiled-child.js';

const disk = smallDisk(1);

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'folder-lock-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const holder = () =>
  compiledChild(
    'src/local/folder-lock.ts',
    `try { await subject.lockFolder(${JSON.stringify(folder)}); say('won'); setInterval(() => {}, 60000); }
     catch (error) { say(error.message); }`,
  );

it('keeps another process out, and lets it in when the holder was killed', async () => {
  const child = holder();
  expect(await child.next()).toBe('won');
  await expect(lockFolder(folder)).rejects.toThrow(`as process ${child.pid}.`);
  await child.kill();
  await (await lockFolder(folder)).release();
});

it('lets exactly one of six in that start together after the holder was killed', async () => {
  for (let round = 0; round < 2; round++) {
    const first = holder();
    expect(await first.next()).toBe('won');
    await first.kill();

    const racers = Array.from({ length: 6 }, holder);
    const said = await Promise.all(racers.map((racer) => racer.next()));
    const winner = said.indexOf('won');
    const pid = racers[winner]?.pid;
    const losers = said.filter((words) => words !== 'won');
    expect(losers).toHaveLength(5);
    for (const words of losers) expect(words).toContain(`as process ${pid}.`);
    await Promise.all(racers.map((racer) => racer.kill()));
  }
});

it('can be had, given back and had again on a full disk', async ({ skip }) => {
  if (!disk) return skip(howToGetSmallDisk);
  await (await lockFolder(disk.folder)).release();
  disk.fill();
  const lock = await lockFolder(disk.folder);
  await expect(lockFolder(disk.folder)).rejects.toThrow('as another process');
  await lock.release();
  await (await lockFolder(disk.folder)).release();
});

it('leaves nothing of a lock that a full disk did not let it make', async ({ skip }) => {
  if (!disk) return skip(howToGetSmallDisk);
  const fresh = path.join(disk.folder, 'fresh');
  disk.free();
  mkdirSync(fresh);
  disk.fill();
  await expect(lockFolder(fresh)).rejects.toThrow('ENOSPC');
  expect(readdirSync(fresh)).toEqual([]);
  disk.free();
  await (await lockFolder(fresh)).release();
});
