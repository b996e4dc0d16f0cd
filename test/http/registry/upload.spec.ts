import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { testApp } from '../../app.js';
import { churnModel } from '../../factories/foreign-models.js';
import { howToGetSmallDisk, smallDisk } from '../../small-disk.js';
import { eventually } from '../../integration/eventually.js';
import { expectProblem } from '../expect-problem.js';
import { sendModel } from './import-form.js';

const MiB = 1_048_576;
const disk = smallDisk(8);
/** Of a file; the form may have a little more. */
const limitMiB = 64;
const app = await testApp({ environment: { MODEL_UPLOAD_MB: String(limitMiB) } });
const { db, url } = app;

const boundary = 'the-boundary';
const part = (name: string, filename?: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename ? `; filename="${filename}"` : ''}\r\n\r\n`;

/** A request whose body is written by the test. */
function upload(headers: http.OutgoingHttpHeaders = {}): http.ClientRequest {
  const { hostname, port } = new URL(url);
  const type = { 'content-type': `multipart/form-data; boundary=${boundary}`, ...headers };
  const request = http.request({
    hostname,
    port,
    path: '/models/import',
    method: 'POST',
    headers: type,
    // As clients do that keep their connections: they are to be let go of.
    agent: new http.Agent({ keepAlive: true }),
  });
  // Whoever is refused before all is sent may find the connection closed.
  request.on('error', () => {});
  return request;
}

function closeOf(request: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => request.once('close', () => resolve()));
}

async function answerOf(request: http.ClientRequest) {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
}

/** Files of ours that are open, and those that have a name. */
function openUploads(): number {
  const open = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /trainyard-[0-9a-f-]{36} \(deleted\)$/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // Closed since the folder was read.
      return false;
    }
  });
  const named = readdirSync(tmpdir()).filter((name) => /^trainyard-[0-9a-f-]{36}$/.test(name));
  return open.length + named.length;
}

/** Sends so many MiB, as fast as they are taken; ends early when the answer comes. */
async function pour(
  request: http.ClientRequest,
  mebibytes: number,
  watch: () => void = () => {},
): Promise<void> {
  const chunk = Buffer.alloc(MiB, 7);
  const state = { answered: false };
  request.once('response', () => (state.answered = true));
  const isOver = () => state.answered || request.destroyed;
  request.write(part('file', 'model.onnx'));
  for (let i = 0; i < mebibytes && !isOver(); i++) {
    request.write(chunk);
    while (request.writableNeedDrain && !isOver()) await delay(1);
    if (i % 8 === 0) watch();
  }
}

describe('a file that is too large', () => {
  it('is refused before it is read, when its length is told', async () => {
    const request = upload({ 'content-length': 200 * MiB });
    const closed = closeOf(request);
    request.flushHeaders();
    expectProblem(await answerOf(request), 413, 'too_large');
    await closed;
  });

  it('is refused as soon as it is, and the rest is not read', async () => {
    const request = upload();
    const answered = answerOf(request);
    const closed = closeOf(request);
    let sent = 0;
    const pouring = pour(request, 1_000, () => (sent += 8));
    const answer = await answered;
    expect(expectProblem(answer, 413, 'too_large').detail).toContain(`${limitMiB} MiB`);
    await pouring;
    // What lay in buffers on the way is more than was read, and far less than all.
    expect(sent).toBeLessThan(200);
    // Whoever goes on sending all the same is cut off.
    await closed;
    await eventually('nothing is left', () => openUploads() === 0);
  });
});

it.skipIf(process.platform !== 'linux')('a client that goes away leaves nothing', async () => {
  const before = await db.artifact.count();
  for (let i = 0; i < 3; i++) {
    const request = upload();
    request.write(`${part('name')}gone\r\n`);
    void pour(request, 8);
    await eventually('its first bytes are on disk', () => openUploads() === 1);
    request.destroy();
    await eventually('they are gone', () => openUploads() === 0);
  }
  expect(await db.artifact.count()).toBe(before);
  expect(await db.registeredModel.count()).toBe(0);
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('a large file goes through less memory', async () => {
  const held = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = held();
  let most = 0;
  const request = upload();
  const answered = answerOf(request);
  await pour(request, limitMiB - 1, () => (most = Math.max(most, held() - before)));
  request.end(`\r\n${part('name')}large\r\n--${boundary}--\r\n`);
  const answer = await answered;
  // It is no model; but all of it was read, stored and looked at.
  expect(expectProblem(answer, 422, 'unprocessable').detail).toContain('no ONNX model');
  expect(most).toBeLessThan(24 * MiB);
  expect(openUploads()).toBe(0);
});

it('a full disk is ours to answer for, and left as it was', async ({ skip }) => {
  if (!disk) return skip(howToGetSmallDisk);
  vi.stubEnv('TMPDIR', disk.folder);
  try {
    const request = upload();
    const answered = answerOf(request);
    await pour(request, 32);
    const answer = await answered;
    expectProblem(answer, 503, 'unavailable');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    request.destroy();
    expect(openUploads()).toBe(0);
    // There is room again, for all of a smaller one.
    expectProblem(await sendModel(app, Buffer.alloc(6 * MiB)), 422, 'unprocessable');
  } finally {
    vi.unstubAllEnvs();
  }
});

it('a text that is too long is refused, sent as a field or as a file', async () => {
  const long = 'a'.repeat(5 * MiB);
  expectProblem(await sendModel(app, churnModel(), { description: long }), 413, 'too_large');
  const request = upload();
  const answered = answerOf(request);
  Readable.from([part('description', 'a.txt'), long]).pipe(request);
  expectProblem(await answered, 413, 'too_large');
  expect(openUploads()).toBe(0);
});

it('a form of too many parts is refused', async () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field${i}`, 'x']));
  expectProblem(await sendModel(app, churnModel(), many), 413, 'too_large');
  expectProblem(await sendModel(app, churnModel(), { file: 'x' }), 400, 'invalid_request');
  expect(openUploads()).toBe(0);
});
