import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileStore } from '../../src/platform/object-store/file-store.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { readObject } from '../../src/platform/object-store/read-object.js';
import { zeros } from '../factories/zeros.js';

const run = promisify(execFile);

describe('the folder of a file store', () => {
  let folder: string;
  let root: string;
  let store: ObjectStore;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'trainyard-folder-'));
    root = path.join(folder, 'objects');
    store = createFileStore(root);
    await store.ensureBucket('models');
  });

  afterEach(() => rm(folder, { recursive: true }));

  const put = (key: string, text: string) => store.put('models', key, Buffer.from(text));
  const read = async (key: string) => (await readObject(store, 'models', key, 1_000)).toString();
  const files = async () =>
    (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.object'));
  const temporary = () => readdir(path.join(root, '.tmp'));

  it('keeps ordinary keys where a human looks for them', async () => {
    await put('run-001/ab12/processed_data.parquet', 'x');
    await put('PobleSec.csv', 'x');
    await put('日本', 'x');
    expect((await files()).sort()).toEqual([
      expect.stringMatching(/^models\/PobleSec\.csv~[0-9a-f]{32}\.object$/),
      expect.stringMatching(/^models\/__~[0-9a-f]{32}\.object$/),
      'models/run-001/ab12/processed_data.parquet.object',
    ]);
  });

  it('shows a human what it holds, behind the bytes', async () => {
    await store.put('models', 'a.txt', Buffer.from('bytes'), { contentType: 'text/plain' });
    const content = await readFile(path.join(root, 'models', 'a.txt.object'), 'utf8');
    const [body, meta = ''] = content.split('\n');
    expect(body).toBe('bytes');
    expect(JSON.parse(meta)).toEqual({
      bucket: 'models',
      key: 'a.txt',
      size: 5,
      sha256: createHash('sha256').update('bytes').digest('hex'),
      content_type: 'text/plain',
    });
  });

  it.each([
    ['a segment of 1,000 characters', 's'.repeat(1_000)],
    ['512 segments', 'd/'.repeat(511) + 'ef'],
    ['512 segments in capitals', 'D/'.repeat(511) + 'EF'],
    ['1,024 bytes of quotation marks', '"'.repeat(1_024)],
  ])('stores %s', async (_, key) => {
    await put(key, 'long');
    await put(`${key.slice(0, -1)}x`, 'other');
    expect(await read(key)).toBe('long');
    for (const name of await files())
      expect(Math.max(...name.split('/').map((part) => part.length))).toBeLessThan(256);
  });

  it('leaves nothing behind when an upload fails', async () => {
    const body = zeros(500_000, new Error('broke'));
    await expect(store.put('models', 'new/folder/x', body)).rejects.toMatchObject({ code: 'canceled' });
    await expect(store.put('models', 'new/folder/x', zeros(500), { maxSize: 10 })).rejects.toMatchObject({
      code: 'too_large',
    });
    expect(await temporary()).toEqual([]);
    expect(await readdir(path.join(root, 'models'))).toEqual([]);
  });

  it('goes on giving the old object to whoever has begun to read it', async () => {
    const old = Buffer.alloc(3_000_000, 'o');
    await store.put('models', 'x', old);
    const { info, body } = await store.get('models', 'x');
    await put('x', 'new');
    const bytes = Buffer.concat(await body.toArray());
    expect(info.size).toBe(old.length);
    expect(old.equals(bytes)).toBe(true);
    expect(await read('x')).toBe('new');
  });

  it('closes its files, also when a body is destroyed unread or is empty', async () => {
    await store.put('models', 'x', Buffer.alloc(3_000_000));
    const { body } = await store.get('models', 'x');
    if (process.platform === 'linux') {
      expect((await openFiles()).filter((file) => file.startsWith(root))).toHaveLength(1);
    }
    await new Promise((resolve) => body.destroy().once('close', resolve));
    const { body: cut } = await store.get('models', 'x');
    for await (const _ of cut) break;
    expect(cut.destroyed).toBe(true);
    await store.get('models', 'x', { start: 3_000_000, end: 3_000_001 });
    await store.head('models', 'x');
    expect((await openFiles()).filter((file) => file.startsWith(root))).toEqual([]);
  });

  it('is shared with other stores on the same folder', async () => {
    const other = createFileStore(root);
    await put('x', 'one');
    expect((await readObject(other, 'models', 'x', 10)).toString()).toBe('one');
    const both = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        (i % 2 ? store : other).put('models', `deep/${i % 4}/x`, Buffer.from('y')),
      ),
    );
    expect(both.filter(({ replaced }) => replaced).length).toBeGreaterThan(0);
    expect(await files()).toHaveLength(5);
  });

  it('sweeps what killed processes left a day ago, and nothing that is being written', async () => {
    const abandoned = path.join(root, '.tmp', 'abandoned');
    await writeFile(abandoned, 'half');
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(abandoned, longAgo, longAgo);
    const slow = new PassThrough();
    slow.write('first ');
    const upload = store.put('models', 'slow', slow);
    await untilSome(temporary, 2);

    const restarted = createFileStore(root);
    await restarted.ping();
    expect(await temporary()).toHaveLength(1);
    slow.end('last');
    await upload;
    expect(await read('slow')).toBe('first last');
    expect(await temporary()).toEqual([]);
  });

  it.each([
    ['cut', (file: string) => truncate(file, 3)],
    ['emptied', (file: string) => truncate(file, 0)],
    ['written to by hand', (file: string) => appendFile(file, 'more')],
    ['changed in its length', async (file: string) => writeFile(file, `x${await readFile(file, 'utf8')}`)],
    ['moved to another key', (file: string) => rename(path.join(path.dirname(file), 'other.object'), file)],
  ])('refuses a file that was %s, and takes a new one', async (_, damage) => {
    await put('x', 'bytes');
    await put('other', 'other');
    const file = path.join(root, 'models', 'x.object');
    await damage(file);
    await expect(store.head('models', 'x')).rejects.toMatchObject({ code: 'invalid_data', where: file });
    await expect(store.get('models', 'x')).rejects.toMatchObject({ code: 'invalid_data', where: file });
    expect(await put('x', 'again')).toMatchObject({ replaced: true });
    expect(await read('x')).toBe('again');
  });

  it('follows no symbolic link out of its root, to read or to write', async () => {
    const outside = path.join(folder, 'outside');
    await mkdir(outside);
    await put('x', 'secret');
    await rename(path.join(root, 'models', 'x.object'), path.join(outside, 'x.object'));
    await symlink(path.join(outside, 'x.object'), path.join(root, 'models', 'x.object'));
    await symlink(outside, path.join(root, 'models', 'linked'));
    await symlink(outside, path.join(root, 'bucket'));

    await expect(store.get('models', 'x')).rejects.toMatchObject({ code: 'unavailable' });
    for (const [bucket, key] of [
      ['models', 'linked/x'],
      ['models', 'linked/deeper/x'],
      ['bucket', 'x'],
    ] as const) {
      await expect(store.get(bucket, key)).rejects.toMatchObject({ name: 'AppError' });
      await expect(store.put(bucket, key, Buffer.from('planted'))).rejects.toMatchObject({
        code: 'invalid_data',
      });
    }
    await expect(store.ensureBucket('bucket')).rejects.toMatchObject({ code: 'invalid_data' });
    expect(await put('x', 'inside')).toMatchObject({ replaced: true });
    expect(await readdir(outside)).toEqual(['x.object']);
    expect(await readFile(path.join(outside, 'x.object'), 'utf8')).toMatch(/^secret\n/);
    expect(await read('x')).toBe('inside');
    expect(await temporary()).toEqual([]);
  });

  it('may itself be reached through a symbolic link', async () => {
    await symlink(root, path.join(folder, 'link'));
    const linked = createFileStore(path.join(folder, 'link'));
    await linked.put('models', 'x/y', Buffer.from('1'));
    expect(await read('x/y')).toBe('1');
  });

  it('is unavailable while a file stands in its place, and works when it is gone', async () => {
    const taken = path.join(folder, 'taken');
    await writeFile(taken, '');
    const blocked = createFileStore(taken);
    for (const use of [
      () => blocked.ping(),
      () => blocked.ensureBucket('models'),
      () => blocked.head('models', 'x'),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: 'unavailable', where: taken });
    }
    await rm(taken);
    await blocked.ensureBucket('models');
    await expect(blocked.ping()).resolves.toBeUndefined();
    expect((await stat(taken)).isDirectory()).toBe(true);
  });

  it('is unavailable when it is deleted under a running process', async () => {
    await rm(root, { recursive: true });
    await expect(store.ping()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(put('x', 'y')).rejects.toMatchObject({ name: 'AppError' });
  });

  it('is unavailable on a full disk, and keeps the old object', async ({ skip }) => {
    const disk = path.join(folder, 'disk');
    await mkdir(disk);
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    } catch {
      skip('no right to mount a small disk here');
    }
    try {
      const small = createFileStore(disk);
      await small.ensureBucket('models');
      await small.put('models', 'x', Buffer.from('old'));
      await expect(small.put('models', 'x', zeros(3_000_000))).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('its disk is full'),
        cause: { code: 'ENOSPC' },
      });
      expect((await readObject(small, 'models', 'x', 10)).toString()).toBe('old');
      expect(await readdir(path.join(disk, '.tmp'))).toEqual([]);
      await small.put('models', 'x', Readable.from([Buffer.alloc(500_000)]));
    } finally {
      await run('umount', [disk]);
    }
  });
});

async function untilSome(list: () => Promise<string[]>, count: number): Promise<void> {
  while ((await list()).length < count) await new Promise(setImmediate);
}

/** Paths that this process has open; none where the system does not show them. */
async function openFiles(): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const descriptors = await readdir('/proc/self/fd');
  return Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
}
