import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../src/local/free-port.js';
import { readObject } from '../../src/platform/object-store/read-object.js';
import { createS3Client } from '../../src/platform/object-store/s3-client.js';
import { createS3Store } from '../../src/platform/object-store/s3-store.js';
import { zeros } from '../factories/zeros.js';
import { findMinio, howToGetMinio, startMinio } from '../minio.js';

const MiB = 1024 * 1024;
const minio = findMinio();

describe('the S3 store when things go wrong', () => {
  const open = new Set<Server>();
  const sockets = new Set<Socket>();

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of open) server.close();
    sockets.clear();
    open.clear();
  });

  async function listen(server: Server): Promise<string> {
    open.add(server);
    server.on('connection', (socket) => sockets.add(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const storeAt = (endpoint: string, timeouts = {}) =>
    createS3Store({ endpoint, accessKey: 'key', secretKey: 'secret', region: 'us-east-1' }, timeouts);

  type Handler = (exchange: {
    request: IncomingMessage;
    response: ServerResponse;
    body: Buffer;
    nth: number;
  }) => void;

  /** A store made of one handler; what was asked of it is in the list. */
  async function fake(handler: Handler) {
    const requests: string[] = [];
    const listener = async (request: IncomingMessage, response: ServerResponse) => {
      const nth = requests.push(`${request.method} ${request.url}`);
      handler({ request, response, nth, body: Buffer.concat(await request.toArray()) });
    };
    const endpoint = await listen(createServer((request, response) => void listener(request, response)));
    return { requests, endpoint, store: storeAt(endpoint, { connectMs: 1_000, idleMs: 1_000 }) };
  }

  const headers = { etag: '"e"', 'content-length': '3', 'last-modified': new Date().toUTCString() };

  it.each(['http://127.0.0.1:9000/path', 'ftp://127.0.0.1', '127.0.0.1:9000', 'http://user:pass@host', ''])(
    'refuses %j as an endpoint',
    (endpoint) => {
      expect(() => storeAt(endpoint)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    },
  );

  it('is unavailable where nobody listens', async () => {
    const store = storeAt(`http://127.0.0.1:${await freePort()}`);
    const refused = {
      name: 'AppError',
      code: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    };
    await expect(store.ping()).rejects.toMatchObject(refused);
    await expect(store.head('bucket', 'key')).rejects.toMatchObject(refused);
    await expect(store.get('bucket', 'key')).rejects.toMatchObject(refused);
    await expect(store.put('bucket', 'key', zeros(10))).rejects.toMatchObject(refused);
    await expect(store.ensureBucket('bucket')).rejects.toMatchObject(refused);
  });

  it('is unavailable where the host has no address', async () => {
    await expect(storeAt('http://store.invalid:9000').ping()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('does not wait for ever for a store that accepts and stays silent', async () => {
    let connections = 0;
    const endpoint = await listen(createTcpServer(() => connections++));
    const store = storeAt(endpoint, { idleMs: 200 });
    const silent = { code: 'unavailable', message: expect.stringContaining('no sign of life for 0.2 s') };
    await expect(store.ping()).rejects.toMatchObject(silent);
    await expect(store.head('bucket', 'key')).rejects.toMatchObject(silent);
    // Silence has been waited for once; it is not tried again.
    expect(connections).toBe(2);
  });

  it('does not wait for ever for the rest of a body', async () => {
    const { endpoint } = await fake(({ response }) => {
      response.writeHead(200, headers);
      response.write('a');
    });
    const reading = readObject(storeAt(endpoint, { idleMs: 200 }), 'bucket', 'key', 10);
    await expect(reading).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no sign of life'),
    });
  });

  it('waits for a reader that pauses longer than the store may', async () => {
    const size = 8 * MiB;
    const stalled = new EventEmitter();
    const { endpoint } = await fake(({ response }) => {
      response.writeHead(200, { ...headers, 'content-length': size });
      response.end(Buffer.alloc(size));
      // Nothing has moved for four times the limit.
      response.setTimeout(2_000, () => stalled.emit('stalled'));
    });
    const pause = once(stalled, 'stalled');
    const { body } = await storeAt(endpoint, { idleMs: 500 }).get('bucket', 'key');
    await pause;
    expect(Buffer.concat(await body.toArray()).length).toBe(size);
  });

  it('says that a body broke off when the connection does', async () => {
    const { store } = await fake(({ response }) => {
      response.writeHead(200, headers);
      response.write('a', () => response.destroy());
    });
    await expect(readObject(store, 'bucket', 'key', 10)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('broke off after 1 of 3 bytes'),
    });
  });

  it.each([
    ['lost connections', (response: ServerResponse) => response.destroy()],
    [
      'busy answers',
      (response: ServerResponse) => response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>'),
    ],
  ])('tries again after %s: a question, a read, and bytes it can send again', async (_, fail) => {
    const bodies: string[] = [];
    const { store, requests } = await fake(({ request, response, nth, body }) => {
      if (nth % 3 !== 0) {
        fail(response);
        return;
      }
      if (request.method === 'PUT') bodies.push(body.toString());
      response.writeHead(200, headers).end(request.method === 'GET' ? 'abc' : '');
    });
    expect(await store.head('bucket', 'key')).toMatchObject({ size: 3, etag: 'e' });
    expect((await readObject(store, 'bucket', 'key', 10)).toString()).toBe('abc');
    expect(await store.put('bucket', 'key', zeros(3))).toMatchObject({ size: 3, replaced: true });
    expect(bodies).toEqual(['\0\0\0']);
    expect(requests).toHaveLength(12);
  });

  it('gives up after four tries', async () => {
    const { store, requests } = await fake(({ response }) => response.writeHead(503).end());
    await expect(store.head('bucket', 'key')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('503'),
      retryAfterSeconds: 1,
    });
    expect(requests).toHaveLength(4);
  });

  it('does not try again what another try would meet again', async () => {
    const { store, requests } = await fake(({ response }) => response.writeHead(403).end());
    await expect(store.head('bucket', 'key')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('AccessDenied'),
    });
    expect(requests).toHaveLength(1);
  });

  it('takes an answer that is not of S3 for what it is', async () => {
    const { store } = await fake(({ response }) =>
      response.writeHead(418).end('<html><body>hello</body></html>'),
    );
    await expect(store.get('bucket', 'key')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('not an S3 store'),
    });
  });

  /** Just enough of multipart uploads; each part's digest must be the one that was signed. */
  function multipart(
    complete: (response: ServerResponse, nth: number) => void,
    partStatus: (nth: number) => number,
  ) {
    let parts = 0;
    let completions = 0;
    return fake(({ request, response, body }) => {
      const url = request.url ?? '';
      if (request.method === 'HEAD') response.writeHead(404).end();
      else if (request.method === 'DELETE') response.writeHead(204).end();
      else if (url.endsWith('?uploads')) response.writeHead(200).end(initiated);
      else if (request.method === 'PUT') {
        const digest = createHash('sha256').update(body).digest('hex');
        const right = digest === request.headers['x-amz-content-sha256'];
        response.writeHead(right ? partStatus(++parts) : 400, { etag: '"p"' }).end();
      } else complete(response, ++completions);
    });
  }
  const initiated =
    '<InitiateMultipartUploadResult><UploadId>up-1</UploadId></InitiateMultipartUploadResult>';
  const completed =
    '<CompleteMultipartUploadResult><Location>l</Location><ETag>"done-3"</ETag></CompleteMultipartUploadResult>';

  it('sends a part again, and completes again when the first try surely did nothing', async () => {
    const { store, requests } = await multipart(
      (response, nth) => (nth === 1 ? response.writeHead(503).end() : response.writeHead(200).end(completed)),
      (nth) => (nth === 2 ? 500 : 200),
    );
    expect(await store.put('bucket', 'key', zeros(20 * MiB))).toMatchObject({
      etag: 'done-3',
      size: 20 * MiB,
      replaced: false,
    });
    expect(
      requests.filter((line) => line.startsWith('PUT')).map((line) => /partNumber=\d/.exec(line)?.[0]),
    ).toEqual(['partNumber=1', 'partNumber=2', 'partNumber=2', 'partNumber=3']);
    expect(requests.filter((line) => line.startsWith('DELETE'))).toEqual([]);
  });

  it.each([
    [
      'an error behind a status of 200',
      (response: ServerResponse) =>
        response.writeHead(200).end('<Error><Code>InternalError</Code><Message>no</Message></Error>'),
    ],
    ['a lost connection', (response: ServerResponse) => response.destroy()],
  ])('aborts the upload when completing it ends in %s', async (_, complete) => {
    const { store, requests } = await multipart(complete, () => 200);
    await expect(store.put('bucket', 'key', zeros(20 * MiB))).rejects.toMatchObject({ code: 'unavailable' });
    expect(requests.filter((line) => line === 'POST /bucket/key?uploadId=up-1')).toHaveLength(1);
    expect(requests.slice(-2)).toEqual([
      'POST /bucket/key?uploadId=up-1',
      'DELETE /bucket/key?uploadId=up-1',
    ]);
  });

  it('aborts the upload when a part cannot be sent', async () => {
    const { store, requests } = await multipart(
      () => {},
      () => 403,
    );
    await expect(store.put('bucket', 'key', zeros(20 * MiB))).rejects.toMatchObject({ code: 'unavailable' });
    expect(requests.at(-1)).toBe('DELETE /bucket/key?uploadId=up-1');
  });

  describe.skipIf(!minio)(minio ? 'with MinIO' : `with MinIO (skipped: ${howToGetMinio})`, () => {
    it('leaves no unfinished upload behind, whatever ends it', async () => {
      const server = await startMinio(minio ?? '');
      onTestFinished(server.stop);
      const store = createS3Store(server.settings);
      await store.ensureBucket('bucket');
      const client = createS3Client(server.settings, { connectMs: 1_000, idleMs: 5_000 });
      // First see that an unfinished one would be found.
      const id = await client.initiateNewMultipartUpload('bucket', 'key', {});
      expect(await client.findUploadId('bucket', 'key')).toBe(id);
      await client.abortMultipartUpload('bucket', 'key', id);

      await expect(store.put('bucket', 'key', zeros(20 * MiB, new Error('broke')))).rejects.toMatchObject({
        code: 'canceled',
      });
      await expect(store.put('bucket', 'key', zeros(40 * MiB), { maxSize: 30 * MiB })).rejects.toMatchObject({
        code: 'too_large',
      });
      await store.put('bucket', 'key', zeros(20 * MiB));
      expect(await client.findUploadId('bucket', 'key')).toBeUndefined();
    });

    it('says so when the server cannot hold a key that S3 could', async () => {
      const server = await startMinio(minio ?? '');
      onTestFinished(server.stop);
      const store = createS3Store(server.settings);
      await store.ensureBucket('bucket');
      // It keeps objects as files, whose names end at 255 bytes.
      await expect(store.put('bucket', 's'.repeat(256), zeros(1))).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining('cannot hold'),
      });
    });

    it('does not continue the unfinished upload of somebody else', async () => {
      const server = await startMinio(minio ?? '');
      onTestFinished(server.stop);
      const store = createS3Store(server.settings);
      await store.ensureBucket('bucket');
      const client = createS3Client(server.settings, { connectMs: 1_000, idleMs: 5_000 });
      const id = await client.initiateNewMultipartUpload('bucket', 'key', {});
      await store.put('bucket', 'key', zeros(20 * MiB));
      expect(await client.findUploadId('bucket', 'key')).toBe(id);
    });

    it('is unavailable at once when the store stops, and says whose fault a wrong key is', async () => {
      const server = await startMinio(minio ?? '');
      const store = createS3Store(server.settings);
      await store.ensureBucket('bucket');
      await store.put('bucket', 'key', zeros(10));
      await expect(
        createS3Store({ ...server.settings, secretKey: 'wrong-secret' }).ping(),
      ).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('SignatureDoesNotMatch'),
      });
      await expect(store.ping()).resolves.toBeUndefined();
      await server.stop();
      const started = performance.now();
      await expect(store.ping()).rejects.toMatchObject({ code: 'unavailable' });
      expect(performance.now() - started).toBeLessThan(2_000);
      await expect(store.get('bucket', 'key')).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
});
