import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { testApp } from '../../app.js';
import { eventually } from '../../integration/eventually.js';
import { rawRequest } from '../raw-request.js';
import { SentEntry } from './changes-of.js';

const { url, db } = await testApp();

const count = 24_000;
/** Characters of each entry's text: far more in all than sockets and streams keep. */
const textLength = 1_500;
/** As they are read: of some hundred entries. */
const pages = count / 300;
const Numbered = SentEntry.extend({ after: z.strictObject({ n: z.int(), text: z.string() }) });

/** Entries from `from` to `to`, twenty to a millisecond, beginning in 2024. */
const write = (from: number, to: number) => db.$executeRaw`
  insert into audit_entries (id, actor, action, subject, after, created_at)
  select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'ada', 'run.create', '/pipeline-runs/' || n,
         jsonb_build_object('n', n, 'text', repeat('x', ${textLength})),
         timestamptz '2024-01-01T00:00:00Z' + (n / 20) * interval '1 millisecond'
  from generate_series(${from}::int, ${to}::int) as n`;
beforeAll(() => write(0, count - 1));

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** Bytes that somebody still holds, server and reader together. */
function heldMemory(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function open(query = ''): Promise<IncomingMessage> {
  const request = http.get(`${url}/audit/export${query}`, { agent: false });
  onTestFinished(() => void request.destroy());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response;
}

/** Takes the lines of an answer as they come; keeps none. */
async function eachLine(response: IncomingMessage, take: (line: string, index: number) => unknown) {
  let rest = '';
  let index = 0;
  for await (const text of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) await take(line, index++);
  }
  expect(rest).toBe('');
  return index;
}

/** Pages that the gateway has read since. */
function pagesRead() {
  const spy = vi.spyOn(db.auditEntry, 'findMany');
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.length;
}

/** The same at two looks in a row, a while apart: nothing is going on any more. */
async function settled(read: () => number): Promise<number> {
  for (let before = -1; ; await delay(300)) {
    const now = read();
    if (now === before) return now;
    before = now;
  }
}

describe('an export', () => {
  it('is a file of JSON lines, oldest first, one for each entry', async () => {
    const response = await open();
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': expect.stringMatching(/^attachment; filename="audit-\d{8}T\d{6}Z\.jsonl"$/),
    });
    const seen = await eachLine(response, (line, index) => {
      const { after, created_at } = Numbered.parse(JSON.parse(line));
      // Before `expect`, which is slow.
      if (after.n !== index) expect(after.n).toBe(index);
      if (index === 1_000) expect(created_at).toEqual(new Date(Date.UTC(2024, 0, 1) + 50));
    });
    expect(seen).toBe(count);
  });

  it('of nothing is empty', async () => {
    const response = await open('?actor=nobody');
    expect(response.statusCode).toBe(200);
    expect(await eachLine(response, () => {})).toBe(0);
  });

  it('is asked about without being read', async () => {
    const read = pagesRead();
    const { status, headers, text } = await rawRequest(url, '/audit/export', { method: 'HEAD' });
    expect({ status, text }).toEqual({ status: 200, text: '' });
    expect(headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expect(headers['content-disposition']).toContain('.jsonl');
    expect(await settled(read)).toBe(0);
  });

  it('waits for its reader', async () => {
    const read = pagesRead();
    const response = await open();
    // What sockets and streams take by themselves.
    expect(await settled(read)).toBeLessThan(pages / 2);
    expect(await eachLine(response, () => {})).toBe(count);
    expect(read()).toBeGreaterThanOrEqual(pages);
  });

  it('takes little memory', async () => {
    const before = heldMemory();
    let most = 0;
    await eachLine(await open(), (_, index) => {
      if (index % 4_000 === 0) most = Math.max(most, heldMemory() - before);
    });
    expect(most).toBeLessThan((count * textLength) / 4);
  });

  it('ends when its reader goes away', async () => {
    const read = pagesRead();
    const response = await open();
    await once(response, 'data');
    response.destroy();
    await eventually('the connection is gone', () => response.closed);
    expect(await settled(read)).toBeLessThan(pages / 2);
  });

  it('has all that was there when it began, once, and ends although others go on writing', async () => {
    const response = await open();
    let written = count;
    const reading = new AbortController();
    const writing = (async () => {
      while (!reading.signal.aborted) {
        await write(written, written + 99);
        written += 100;
      }
    })();
    const seen = await eachLine(response, (line, index) => {
      const { n } = Numbered.parse(JSON.parse(line)).after;
      if (n !== index) expect(n).toBe(index);
    });
    reading.abort();
    await writing;
    expect(written).toBeGreaterThan(count + 100);
    expect(seen).toBe(count);
    const from = new Date(Date.UTC(2024, 0, 1) + count / 20).toISOString();
    expect(await eachLine(await open(`?created_after=${from}`), () => {})).toBe(written - count);
  });
});
