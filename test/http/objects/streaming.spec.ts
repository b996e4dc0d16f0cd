import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { StoredObject } from '../../../src/contracts/stored-object.js';
import { testApp } from '../../app.js';
import { eventually } from '../../integration/eventually.js';
import { parseAnswer } from '../parse-answer.js';
import { rawRequest } from '../raw-request.js';

const { url, objects } = await testApp();
const MiB = 1024 * 1024;

/** A request that is under way: its body comes from outside. */
function upload(key: string, headers: http.OutgoingHttpHeaders = {}) {
  const { hostname, port } = new URL(url);
  return http.request({
    hostname,
    port,
    path: `/objects/dataset/${key}`,
    method: 'PUT',
    headers,
    agent: false,
  });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of buffers that somebody still holds. */
function heldMemory(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
const temporaryFiles = () => readdirSync(path.join(objects, '.tmp'));

// JSON, because a parser would read all of it first.
it('streams 96 MiB that call themselves JSON through less memory, both ways', async () => {
  const chunk = randomBytes(MiB);
  const sent = createHash('sha256');
  const before = heldMemory();
  let most = 0;
  const watch = () => (most = Math.max(most, heldMemory() - before));
  function* body() {
    for (let i = 1; i <= 96; i++) {
      if (i % 16 === 0) watch();
      sent.update(chunk);
      yield chunk;
    }
  }
  const request = upload('large', { 'content-type': 'application/json', 'content-length': 96 * MiB });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(body()), request);
  const [response] = await answered;
  const text = Buffer.concat(await response.toArray()).toString('utf8');
  const sha256 = sent.digest('hex');
  expect(parseAnswer(StoredObject, { text })).toMatchObject({ size: 96 * MiB, sha256 });

  const received = createHash('sha256');
  const { body: stream } = await fetch(`${url}/objects/dataset/large`);
  let bytes = 0;
  for await (const part of stream!) {
    received.update(part);
    if (bytes % (16 * MiB) > (bytes + part.length) % (16 * MiB)) watch();
    bytes += part.length;
  }
  expect(received.digest('hex')).toBe(sha256);
  // Of both sides, which run in this process, and of what the collector has not given back yet.
  expect(most).toBeLessThan(64 * MiB);
});

it('leaves nothing of an upload whose client goes away, and what was there before', async () => {
  await rawRequest(url, '/objects/dataset/kept', { method: 'PUT', body: 'before' });
  for (const key of ['kept', 'unfinished']) {
    const request = upload(key, { 'content-length': 10 * MiB });
    request.on('error', () => {});
    request.write(randomBytes(3 * MiB));
    await eventually('its first bytes have arrived', () => temporaryFiles().length > 0);
    request.destroy();
    await eventually('they are gone', () => temporaryFiles().length === 0);
  }
  expect((await rawRequest(url, '/objects/dataset/kept')).text).toBe('before');
  expect((await rawRequest(url, '/objects/dataset/unfinished')).status).toBe(404);
  expect(readdirSync(path.join(objects, 'dataset')).filter((name) => name.startsWith('unfinished'))).toEqual(
    [],
  );
});

it('shows the old object until the new one is whole', async () => {
  await rawRequest(url, '/objects/dataset/replaced', { method: 'PUT', body: 'old' });
  const request = upload('replaced', { 'transfer-encoding': 'chunked' });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  request.write('ne');
  await eventually('its first bytes have arrived', () => temporaryFiles().length > 0);
  expect((await rawRequest(url, '/objects/dataset/replaced')).text).toBe('old');
  request.end('w');
  const [response] = await answered;
  response.resume();
  expect(response.statusCode).toBe(200);
  expect((await rawRequest(url, '/objects/dataset/replaced')).text).toBe('new');
});

it('goes on after a reader that goes away', async () => {
  await rawRequest(url, '/objects/dataset/read', { method: 'PUT', body: randomBytes(8 * MiB) });
  const { hostname, port } = new URL(url);
  for (let i = 0; i < 5; i++) {
    const request = http.get({ hostname, port, path: '/objects/dataset/read', agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response, 'data');
    request.destroy();
  }
  const whole = await fetch(`${url}/objects/dataset/read`);
  expect((await whole.arrayBuffer()).byteLength).toBe(8 * MiB);
});

it('stores one of the bodies that are sent to one key at once, whole', async () => {
  const bodies = Array.from({ length: 8 }, (_, i) => String(i).repeat(200_000));
  const answers = await Promise.all(
    bodies.map((body) => rawRequest(url, '/objects/dataset/raced', { method: 'PUT', body })),
  );
  expect(answers.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
  expect(bodies).toContain((await rawRequest(url, '/objects/dataset/raced')).text);
});
