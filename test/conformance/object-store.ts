import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  getVerified,
  putByDigest,
  putFileByDigest,
  streamVerified,
} from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { readObject } from '../../src/platform/object-store/read-object.js';
import { zeros } from '../factories/zeros.js';

const MiB = 1024 * 1024;

/** A store under test, and how to get rid of it. */
export interface Subject {
  store: ObjectStore;
  dispose: () => Promise<void>;
}

/** What every object store must do. */
export function describeObjectStore(name: string, make: () => Promise<Subject>): void {
  describe(name, () => {
    const bucket = `conformance-${randomBytes(4).toString('hex')}`;
    let subject: Subject;
    let store: ObjectStore;

    beforeAll(async () => {
      subject = await make();
      store = subject.store;
      await store.ensureBucket(bucket);
    });

    afterAll(async () => {
      await subject?.dispose();
    });

    const text = async (key: string) => (await readObject(store, bucket, key, MiB)).toString();
    const putText = (key: string, body: string) => store.put(bucket, key, Buffer.from(body));

    it('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });

    it('makes a bucket once, however many ask for it', async () => {
      const name = `${bucket}-again`;
      await Promise.all([store.ensureBucket(name), store.ensureBucket(name), store.ensureBucket(name)]);
      await store.put(name, 'kept', Buffer.from('1'));
      await store.ensureBucket(name);
      expect((await readObject(store, name, 'kept', 10)).toString()).toBe('1');
    });

    it('gives back bytes, size, content type and etag', async () => {
      const bytes = randomBytes(100_000);
      const before = Date.now();
      const result = await store.put(bucket, 'whole.bin', bytes, { contentType: 'text/csv; charset=utf-8' });
      expect(result).toEqual({
        size: bytes.length,
        sha256: sha256(bytes),
        etag: expect.stringMatching(/^[^"]+$/),
        replaced: false,
      });
      const { info, body } = await store.get(bucket, 'whole.bin');
      expect(info).toMatchObject({
        size: bytes.length,
        contentType: 'text/csv; charset=utf-8',
        etag: result.etag,
      });
      // S3 tells time in whole seconds.
      expect(Math.abs(info.lastModified.getTime() - before)).toBeLessThan(30_000);
      expect(await store.head(bucket, 'whole.bin')).toEqual(info);
      expect(bytes.equals(await collect(body))).toBe(true);
    });

    it('lists every object below a prefix, whatever its key, and when it was stored', async () => {
      const long = ['x', 'y', 'z'].map((letter) => letter.repeat(200)).join('/');
      const below = ['plain', 'Two Words', 'a/b', '日本/語', long, '100%/+&?#', '~/~', 'con'];
      const keys = below.map((key) => `listed/${key}`);
      for (const key of [...keys, 'listed-not', 'not/listed/a']) await putText(key, key);
      const found = new Map<string, Date>();
      for await (const { key, lastModified } of store.list(bucket, 'listed/')) found.set(key, lastModified);
      expect([...found.keys()].toSorted()).toEqual(keys.toSorted());
      for (const at of found.values()) expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(60_000);
    });

    it('lists many objects in many folders', async () => {
      const keys = Array.from({ length: 300 }, (_, i) => `many/${i % 70}/${i}`);
      await Promise.all(keys.map((key) => putText(key, key)));
      const found: string[] = [];
      for await (const { key } of store.list(bucket, 'many/')) found.push(key);
      expect(found.toSorted()).toEqual(keys.toSorted());
    });

    it('lists nothing where there is nothing, and says when there is no bucket', async () => {
      const all = async (name: string, prefix: string) => {
        const keys = [];
        for await (const { key } of store.list(name, prefix)) keys.push(key);
        return keys;
      };
      expect(await all(bucket, 'nothing/begins/like/this')).toEqual([]);
      await expect(all(`${bucket}-none`, '')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('deletes an object and no other, and does not mind when it is not there', async () => {
      for (const key of ['gone', 'gone/below', 'gone too']) await putText(key, key);
      await store.remove(bucket, 'gone');
      await expect(store.head(bucket, 'gone')).rejects.toMatchObject({ code: 'not_found' });
      expect([await text('gone/below'), await text('gone too')]).toEqual(['gone/below', 'gone too']);
      await store.remove(bucket, 'gone');
      await store.remove(bucket, 'never/was');
      expect((await putText('gone', 'again')).replaced).toBe(false);
      expect(await text('gone')).toBe('again');
    });

    it('deletes nothing in a bucket that is not there, and says so', async () => {
      await expect(store.remove(`${bucket}-none`, 'x')).rejects.toMatchObject({ code: 'not_found' });
      await expect(store.remove(bucket, '../x')).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('lets a reader finish what is deleted meanwhile', async () => {
      const bytes = randomBytes(3 * MiB);
      await store.put(bucket, 'read.bin', bytes);
      const { body } = await store.get(bucket, 'read.bin');
      await store.remove(bucket, 'read.bin');
      expect(bytes.equals(await collect(body))).toBe(true);
    });

    it('stores bytes of unknown kind as application/octet-stream', async () => {
      await putText('plain', 'x');
      expect((await store.head(bucket, 'plain')).contentType).toBe('application/octet-stream');
    });

    it.each([
      ['a view into a larger buffer', () => new Uint8Array(Buffer.from('..abc..').buffer.slice(0), 0, 0)],
      ['no bytes at all', () => Buffer.alloc(0)],
      ['a stream without a chunk', () => Readable.from([])],
    ])('stores an empty object from %s', async (_, body) => {
      const result = await store.put(bucket, 'empty', body());
      expect(result).toMatchObject({ size: 0, sha256: sha256(Buffer.alloc(0)) });
      expect((await store.head(bucket, 'empty')).size).toBe(0);
      expect((await readObject(store, bucket, 'empty', 0)).length).toBe(0);
    });

    it('takes the bytes of a view, not of the buffer under it', async () => {
      const under = Uint8Array.from(Buffer.from('..abc..'));
      await store.put(bucket, 'view', under.subarray(2, 5));
      expect(await text('view')).toBe('abc');
    });

    it('keeps every key apart from every other, to the letter', async () => {
      const keys = [
        'a',
        'a/b',
        'a/b/c',
        'A',
        'A/b',
        'a.object',
        'a.object/b',
        'case/PobleSec.csv',
        'case/poblesec.csv',
        'case/POBLESEC.CSV',
        'norm/caf\u00e9',
        'norm/cafe\u0301',
        'uni/日本 語/числа/😀.onnx',
        'space/ a b /c ',
        'escape/%2F%2e%2e',
        'escape/%252F',
        'plus/a+b',
        'plus/a b',
        'plus/a%20b',
        'plus/a%2Bb',
        'mark/%20 a+b&c=d?e#f\'"<>|*:;,@!$()[]{}~`^',
        'dots/...',
        'dots/.hidden',
        'dots/end.',
        'dots/..a',
        'device/con',
        'device/con.txt',
        'device/CON',
        'device/aux/nul',
        '~/a',
        '~',
        '.tmp/a',
        'deep/'.repeat(200) + 'x',
        `${'s'.repeat(250)}/`.repeat(4) + 'k'.repeat(20),
        `${'é'.repeat(100)}/`.repeat(5) + 'k'.repeat(19),
        `${'é'.repeat(100)}/`.repeat(5) + 'k'.repeat(18) + 'K',
      ];
      expect(keys.map((key) => Buffer.byteLength(key)).filter((bytes) => bytes === 1_024)).toHaveLength(3);
      for (const key of keys)
        expect(await putText(key, `bytes of ${key}`)).toMatchObject({ replaced: false });
      for (const key of keys) expect(await text(key)).toBe(`bytes of ${key}`);
    });

    it.each([
      ['an empty key', ''],
      ['a parent', '..'],
      ['a parent in front', '../a'],
      ['a parent inside', 'a/../b'],
      ['a parent at the end', 'a/..'],
      ['the folder itself', '.'],
      ['the folder itself inside', 'a/./b'],
      ['an absolute path', '/etc/passwd'],
      ['an empty segment', 'a//b'],
      ['a folder', 'a/'],
      ['a backslash', 'a\\b'],
      ['a parent of Windows', '..\\a'],
      ['a drive path', 'C:\\a'],
      ['a NUL', 'a\0b'],
      ['a line feed', 'a\nb'],
      ['a delete character', 'a\u007fb'],
      ['a control character of C1', 'a\u0085b'],
      ['half a surrogate pair', 'a\ud800b'],
      ['the other half', 'a\udc00'],
      ['1,025 bytes', 'k'.repeat(1_025)],
      ['1,025 bytes in 513 characters', 'é'.repeat(512) + 'k'],
    ])('refuses %s as a key', async (_, key) => {
      const refused = { name: 'AppError', code: 'invalid_request', where: 'key' };
      await expect(store.put(bucket, key, Buffer.from('x'))).rejects.toMatchObject(refused);
      await expect(store.head(bucket, key)).rejects.toMatchObject(refused);
      await expect(store.get(bucket, key)).rejects.toMatchObject(refused);
    });

    it.each([
      '',
      'ab',
      'a'.repeat(64),
      'Upper',
      'under_score',
      '.abc',
      'abc.',
      '-abc',
      'a..b',
      '192.168.0.1',
      '../x',
      'a/b',
      'a b',
      'ümlaut',
    ])('refuses %j as a bucket', async (name) => {
      const refused = { name: 'AppError', code: 'invalid_request', where: 'bucket' };
      await expect(store.ensureBucket(name)).rejects.toMatchObject(refused);
      await expect(store.put(name, 'k', Buffer.from('x'))).rejects.toMatchObject(refused);
      await expect(store.head(name, 'k')).rejects.toMatchObject(refused);
      await expect(store.get(name, 'k')).rejects.toMatchObject(refused);
    });

    it.each([
      'text',
      'text/plain\r\nx-evil: 1',
      ' text/plain',
      'text/plain;  a',
      'text/plain ',
      'téxt/plain',
      '',
    ])('refuses %j as a content type', async (contentType) => {
      await expect(store.put(bucket, 'typed', Buffer.from('x'), { contentType })).rejects.toMatchObject({
        code: 'invalid_request',
      });
      await expect(store.head(bucket, 'typed')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('says which is missing, the object or the bucket', async () => {
      const missing = { name: 'AppError', code: 'not_found' };
      await expect(store.head(bucket, 'nowhere')).rejects.toMatchObject(missing);
      await expect(store.get(bucket, 'nowhere')).rejects.toMatchObject({
        ...missing,
        message: `There is no object "nowhere" in bucket "${bucket}".`,
      });
      for (const miss of [
        () => store.get('no-such-bucket', 'k'),
        () => store.put('no-such-bucket', 'k', Buffer.from('x')),
      ]) {
        await expect(miss()).rejects.toMatchObject({
          ...missing,
          message: 'There is no bucket "no-such-bucket".',
        });
      }
      await expect(store.head('no-such-bucket', 'k')).rejects.toMatchObject(missing);
      await expect(store.put('no-such-bucket', 'k', zeros(20 * MiB))).rejects.toMatchObject(missing);
    });

    it('does not take a folder for an object', async () => {
      await putText('folder/object', 'x');
      await expect(store.head(bucket, 'folder')).rejects.toMatchObject({ code: 'not_found' });
      await expect(store.get(bucket, 'folder')).rejects.toMatchObject({ code: 'not_found' });
      await expect(store.head(bucket, 'folder/object/below')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('says whether an object was replaced, and changes the etag with the bytes', async () => {
      const first = await putText('again', 'one');
      const second = await store.put(bucket, 'again', Buffer.from('two'), { contentType: 'text/plain' });
      expect([first.replaced, second.replaced]).toEqual([false, true]);
      expect(second.etag).not.toBe(first.etag);
      expect(await text('again')).toBe('two');
      expect(await store.head(bucket, 'again')).toMatchObject({
        etag: second.etag,
        contentType: 'text/plain',
      });
    });

    it.each([
      ['the first byte', { start: 0, end: 0 }, '0'],
      ['the middle', { start: 3, end: 6 }, '3456'],
      ['all', { start: 0, end: 9 }, '0123456789'],
      ['what is there of a range beyond the end', { start: 8, end: 100 }, '89'],
      ['the rest', { start: 4, end: Infinity }, '456789'],
      ['nothing from beyond the end', { start: 10, end: 20 }, ''],
    ])('reads %s', async (_, range, expected) => {
      await putText('digits', '0123456789');
      const { info, body } = await store.get(bucket, 'digits', range);
      expect(info).toEqual(await store.head(bucket, 'digits'));
      expect(info.size).toBe(10);
      expect((await collect(body)).toString()).toBe(expected);
    });

    it('reads a range of an empty object', async () => {
      await putText('empty-range', '');
      const { info, body } = await store.get(bucket, 'empty-range', { start: 0, end: 0 });
      expect(info.size).toBe(0);
      expect((await collect(body)).length).toBe(0);
    });

    it.each([
      { start: 2, end: 1 },
      { start: -1, end: 1 },
      { start: 0.5, end: 1 },
      { start: Number.NaN, end: 1 },
    ])('refuses the range $start to $end', async (range) => {
      await putText('digits', '0123456789');
      await expect(store.get(bucket, 'digits', range)).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('streams 64 MiB up and down without holding them', async () => {
      // No two blocks are the same, and none of them costs memory of its own.
      const source = randomBytes(2 * MiB);
      const expected = createHash('sha256');
      const memory = peakMemory();
      async function* blocks() {
        for (let i = 0; i < 64; i++) {
          const block = source.subarray(i * 16_384, i * 16_384 + MiB);
          expected.update(block);
          memory.sample(block.length);
          yield block;
          await new Promise(setImmediate);
        }
      }
      const result = await store.put(bucket, 'large', Readable.from(blocks(), { highWaterMark: 1 }));
      expect(result).toMatchObject({ size: 64 * MiB, sha256: expected.digest('hex') });
      const hash = createHash('sha256');
      const { body } = await store.get(bucket, 'large');
      for await (const chunk of body as AsyncIterable<Buffer>) {
        hash.update(chunk);
        memory.sample(chunk.length);
      }
      expect(hash.digest('hex')).toBe(result.sha256);
      expect((await store.head(bucket, 'large')).etag).toBe(result.etag);
      // Two parts of 8 MiB on the way up.
      expect(memory.peakMiB()).toBeLessThan(24);
    });

    it.each([
      ['at once', 0],
      ['after a few bytes', 10],
      ['after 20 MiB', 20 * MiB],
    ])('keeps the old object when a body breaks %s', async (_, bytes) => {
      await putText('steady', 'old');
      const before = await store.head(bucket, 'steady');
      const broken = new Error('the source broke');
      const body = zeros(bytes, broken);
      await expect(store.put(bucket, 'steady', body)).rejects.toMatchObject({
        code: 'canceled',
        cause: broken,
      });
      expect(await store.head(bucket, 'steady')).toEqual(before);
      expect(await text('steady')).toBe('old');
      await expect(store.put(bucket, `new-${bytes}`, zeros(bytes, broken))).rejects.toMatchObject({
        code: 'canceled',
      });
      await expect(store.head(bucket, `new-${bytes}`)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('keeps the old object when a client goes away in the middle of its upload', async () => {
      await putText('upload', 'old');
      const server = createServer();
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const client = request({ port: (server.address() as AddressInfo).port, method: 'PUT' });
      client.on('error', () => {});
      client.write('new');
      const [incoming] = (await once(server, 'request')) as [IncomingMessage];
      const put = store.put(bucket, 'upload', incoming);
      incoming.once('readable', () => client.destroy());
      await expect(put).rejects.toMatchObject({ name: 'AppError', code: 'canceled' });
      server.close();
      expect(await text('upload')).toBe('old');
    });

    it('refuses a stream that somebody has read already, instead of storing nothing', async () => {
      await putText('reread', 'old');
      const body = Readable.from([Buffer.from('x')]);
      await collect(body);
      await expect(store.put(bucket, 'reread', body)).rejects.toMatchObject({ code: 'internal' });
      expect(await text('reread')).toBe('old');
    });

    it.each([
      ['bytes', () => Buffer.alloc(1_001)],
      ['a stream', () => zeros(1_001)],
      ['a stream much longer', () => zeros(40 * MiB)],
    ])('refuses more than the allowed size, from %s, and keeps the old object', async (_, body) => {
      await putText('limited', 'old');
      const refused = { name: 'AppError', code: 'too_large' };
      await expect(store.put(bucket, 'limited', body(), { maxSize: 1_000 })).rejects.toMatchObject(refused);
      expect(await text('limited')).toBe('old');
      await expect(store.put(bucket, 'limited-new', body(), { maxSize: 1_000 })).rejects.toMatchObject(
        refused,
      );
      await expect(store.head(bucket, 'limited-new')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('refuses more than the allowed size when much of it is already sent', async () => {
      await expect(
        store.put(bucket, 'limited-late', zeros(40 * MiB), { maxSize: 30 * MiB }),
      ).rejects.toMatchObject({
        code: 'too_large',
      });
      await expect(store.head(bucket, 'limited-late')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('takes exactly the allowed size', async () => {
      const result = await store.put(bucket, 'exact', zeros(1_000), { maxSize: 1_000 });
      expect(result.size).toBe(1_000);
    });

    it('leaves a refused stream open, for whoever must still answer on it', async () => {
      const body = zeros(2_000_000);
      await expect(store.put(bucket, 'open', body, { maxSize: 10 })).rejects.toMatchObject({
        code: 'too_large',
      });
      expect(body.destroyed).toBe(false);
      body.destroy(new Error('late, and nobody listens'));
      await new Promise((resolve) => body.once('close', resolve));
    });

    it.each([
      ['small', 2_000],
      ['of several parts', 9 * MiB],
    ])('ends 20 concurrent puts of one key, %s, in one whole body', async (_, size) => {
      const key = `raced-${size}`;
      const puts = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const bytes = Buffer.alloc(size + i, i + 1);
          const contentType = `text/x-${i}`;
          return { ...(await store.put(bucket, key, Readable.from([bytes]), { contentType })), contentType };
        }),
      );
      const bytes = await readObject(store, bucket, key, size + 20);
      const winner = puts.find((put) => put.sha256 === sha256(bytes));
      expect(winner).toBeDefined();
      const { etag, contentType } = winner!;
      expect(await store.head(bucket, key)).toMatchObject({ size: bytes.length, etag, contentType });
    });

    it('shows a reader one write, never parts of two, while an object is replaced', async () => {
      const kinds = [
        { bytes: Buffer.alloc(300_000, 'a'), contentType: 'text/a' },
        { bytes: Buffer.alloc(10, 'b'), contentType: 'text/b' },
      ] as const;
      await store.put(bucket, 'flips', kinds[0].bytes, kinds[0]);
      const etags = [(await store.head(bucket, 'flips')).etag];
      const progress = { writing: true };
      const writer = (async () => {
        for (let i = 1; i <= 60; i++) {
          const kind = kinds[i % 2 === 0 ? 0 : 1];
          etags[i % 2] = (await store.put(bucket, 'flips', kind.bytes, kind)).etag;
        }
        progress.writing = false;
      })();
      const seen = new Set<string>();
      const read = async () => {
        while (progress.writing) {
          const { info, body } = await store.get(bucket, 'flips');
          const bytes = await collect(body);
          const kind = kinds.find(({ contentType }) => contentType === info.contentType);
          expect(info.size).toBe(kind?.bytes.length);
          expect(kind?.bytes.equals(bytes)).toBe(true);
          const head = await store.head(bucket, 'flips');
          expect(head.size).toBe(
            kinds.find(({ contentType }) => contentType === head.contentType)?.bytes.length,
          );
          seen.add(info.etag);
        }
      };
      await Promise.all([writer, read(), read()]);
      expect([...seen].sort()).toEqual([...etags].sort());
    });

    it('refuses to read more into memory than was asked for', async () => {
      await putText('eleven', '01234567890');
      await expect(readObject(store, bucket, 'eleven', 10)).rejects.toMatchObject({ code: 'too_large' });
      expect((await readObject(store, bucket, 'eleven', 11)).toString()).toBe('01234567890');
    });

    it('stores bytes under their digest once', async () => {
      const bytes = randomBytes(1_000);
      const refs = await Promise.all(
        Array.from({ length: 5 }, () => putByDigest(store, bucket, bytes, 'application/x-model')),
      );
      const digest = sha256(bytes);
      const ref = { bucket, key: `sha256/${digest.slice(0, 2)}/${digest}`, sha256: digest, size: 1_000 };
      expect(refs).toEqual(Array.from({ length: 5 }, () => ref));
      let puts = 0;
      const counting: ObjectStore = {
        ...store,
        put(...args) {
          puts++;
          return store.put(...args);
        },
      };
      expect(await putByDigest(counting, bucket, bytes, 'text/other')).toEqual(ref);
      expect(puts).toBe(0);
      expect((await store.head(bucket, ref.key)).contentType).toBe('application/x-model');
      expect(bytes.equals(await getVerified(store, ref))).toBe(true);
    });

    it('keeps a file under its digest as it keeps bytes, and reads it only when it is not there', async () => {
      const bytes = randomBytes(3 * MiB);
      let reads = 0;
      const file = {
        sha256: sha256(bytes),
        size: bytes.length,
        read: () => {
          reads += 1;
          return Readable.from([bytes.subarray(0, MiB), bytes.subarray(MiB)], { objectMode: false });
        },
      };
      const ref = await putFileByDigest(store, bucket, file, 'application/x-model');
      expect(await putFileByDigest(store, bucket, file, 'text/other')).toEqual(ref);
      expect(await putByDigest(store, bucket, bytes, 'text/other')).toEqual(ref);
      expect(reads).toBe(1);
      expect((await store.head(bucket, ref.key)).contentType).toBe('application/x-model');
      expect(bytes.equals(await collect(Readable.from(streamVerified(store, ref))))).toBe(true);
    });

    it('keeps nothing of a file that is not what its digest says', async () => {
      const file = {
        sha256: sha256(Buffer.from('before')),
        size: 6,
        read: () => Readable.from([Buffer.from('afterw')]),
      };
      await expect(putFileByDigest(store, bucket, file, 'text/plain')).rejects.toMatchObject({
        name: 'AppError',
        code: 'unavailable',
      });
      const { key } = await putByDigest(store, bucket, Buffer.from('before'), 'text/plain');
      expect(await text(key)).toBe('before');
    });

    it.each([
      ['other bytes of the same size', 'AAAA'],
      ['fewer bytes', 'abc'],
      ['more bytes', 'abcde'],
    ])('does not give out %s for a digest', async (_, stored) => {
      const ref = { bucket, key: 'sha256/zz/forged', sha256: sha256(Buffer.from('abcd')), size: 4 };
      await putText(ref.key, stored);
      await expect(getVerified(store, ref)).rejects.toMatchObject({ name: 'AppError', code: 'invalid_data' });
      await expect(collect(Readable.from(streamVerified(store, ref)))).rejects.toMatchObject({
        name: 'AppError',
        code: 'invalid_data',
      });
      await putText(ref.key, 'abcd');
      expect((await getVerified(store, ref)).toString()).toBe('abcd');
    });
  });
}

async function collect(body: Readable): Promise<Buffer> {
  return Buffer.concat(await body.toArray());
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes of buffers that something holds, above those at the beginning: garbage is collected before each look. */
function peakMemory() {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const look = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const start = look();
  let peak = 0;
  let passed = 0;
  return {
    /** Looks once per 2 MiB of bytes that went by. */
    sample(bytes: number) {
      passed += bytes;
      if (passed < 2 * MiB) return;
      passed = 0;
      peak = Math.max(peak, look() - start);
    },
    peakMiB: () => peak / MiB,
  };
}
