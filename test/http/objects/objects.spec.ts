import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { StoredObject } from '../../../src/contracts/stored-object.js';
import { testApp } from '../../app.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { rawRequest } from '../raw-request.js';

const { http, url } = await testApp();

const put = (path: string, body: string | Buffer, type = 'text/csv') =>
  http.put(`/objects/${path}`).set('content-type', type).send(body);
const get = async (path: string) => {
  const response = await fetch(`${url}/objects/${path}`);
  const { status, headers } = response;
  return {
    status,
    headers: Object.fromEntries(headers),
    body: Buffer.from(await response.arrayBuffer()),
  };
};
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

describe('storing', () => {
  it('answers 201 for a new object and 200 for one that it replaces', async () => {
    const first = await put('dataset/new.csv', 'time,x\n');
    expect(first.status).toBe(201);
    const stored = parseAnswer(StoredObject, first);
    expect(stored).toEqual({
      bucket: 'dataset',
      key: 'new.csv',
      size: 7,
      sha256: sha256('time,x\n'),
      etag: stored.etag,
    });
    expect(first.headers.etag).toBe(`"${stored.etag}"`);

    const second = await put('dataset/new.csv', 'time,y\n');
    expect(second.status).toBe(200);
    expect(second.headers.etag).not.toBe(first.headers.etag);
    expect((await get('dataset/new.csv')).body).toEqual(Buffer.from('time,y\n'));
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
  ])('takes a body of type %s as it is, and gives it back with its type', async (type) => {
    const body = Buffer.from('{"a": 1, "__proto__": 2}&b=%20\r\n--x\u00e4');
    const stored = await rawRequest(url, '/objects/dataset/typed', {
      method: 'PUT',
      headers: { 'content-type': type },
      body,
    });
    expect(stored.status).toBeLessThan(300);
    const { body: read, headers } = await get('dataset/typed');
    expect(read).toEqual(body);
    expect(headers['content-type']).toBe(type);
  });

  it('takes a body without a type for bytes', async () => {
    const stored = await rawRequest(url, '/objects/dataset/untyped', { method: 'PUT', body: 'x' });
    expect(stored.status).toBe(201);
    expect((await get('dataset/untyped')).headers['content-type']).toBe('application/octet-stream');
  });

  it('takes broken JSON, an empty body, and one of chunks without a length', async () => {
    expect((await put('dataset/broken.json', '{"a":', 'application/json')).status).toBe(201);
    expect((await rawRequest(url, '/objects/dataset/empty', { method: 'PUT' })).status).toBe(201);
    expect((await get('dataset/empty')).body).toEqual(Buffer.alloc(0));
    const chunked = { 'transfer-encoding': 'chunked' };
    await rawRequest(url, '/objects/dataset/chunked', { method: 'PUT', headers: chunked, body: 'abc' });
    expect((await get('dataset/chunked')).body).toEqual(Buffer.from('abc'));
  });

  it.each([
    ['with/slashes/a.csv', 'with/slashes/a.csv'],
    ['a%20b%25c.csv', 'a b%c.csv'],
    ['%E6%97%A5%E6%9C%AC.csv', '日本.csv'],
    ['a%2Fb.csv', 'a/b.csv'],
    ['a%3Fb%23c', 'a?b#c'],
    ['k'.repeat(1024), 'k'.repeat(1024)],
  ])('has the key %s of a URL decoded once', async (path, key) => {
    const stored = await rawRequest(url, `/objects/dataset/${path}`, { method: 'PUT', body: key });
    expect(stored.status).toBe(201);
    expect(parseAnswer(StoredObject, stored).key).toBe(key);
    const read = await rawRequest(url, `/objects/dataset/${path}`);
    expect({ status: read.status, text: read.text }).toEqual({ status: 200, text: key });
  });

  it.each([
    '/objects/dataset/../secret',
    '/objects/dataset/..%2Fsecret',
    '/objects/dataset/%2e%2e/secret',
    '/objects/dataset/a%2F%2e%2e%2Fb',
    '/objects/dataset/a//b',
    '/objects/dataset/',
    '/objects/dataset/%00',
    '/objects/dataset/a%5Cb',
    '/objects/dataset/%0A',
    `/objects/dataset/${'k'.repeat(1025)}`,
    `/objects/dataset/${'%E6%97%A5'.repeat(342)}`,
    '/objects/Data_Set/a',
    '/objects/%2e%2e/a',
    '/objects/127.0.0.1/a',
    `/objects/${'b'.repeat(64)}/a`,
  ])('refuses %s', async (path) => {
    expectProblem(await rawRequest(url, path, { method: 'PUT', body: 'x' }), 400, 'invalid_request');
    expectProblem(await rawRequest(url, path), 400, 'invalid_request');
  });

  it('refuses a type that could end a header line', async () => {
    const headers = { 'content-type': 'text/csv; x=\u00e9' };
    const answer = await rawRequest(url, '/objects/dataset/typed', { method: 'PUT', headers, body: 'x' });
    expectProblem(answer, 400, 'invalid_request');
  });

  it('does not know a bucket that nobody made', async () => {
    expectProblem(await put('no-such-bucket/a.csv', 'x'), 404, 'not_found');
    expectProblem(await http.get('/objects/no-such-bucket/a.csv'), 404, 'not_found');
  });
});

describe('reading', () => {
  it('describes the object, and lets no stored page run as one of ours', async () => {
    const { headers: stored } = await put('dataset/page.html', '<script>alert(1)</script>', 'text/html');
    const { headers, status } = await get('dataset/page.html');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html',
      'content-length': '25',
      etag: stored.etag,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect(new Date(headers['last-modified'] ?? '').getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it('answers HEAD with what GET would, without the bytes', async () => {
    await put('dataset/head.csv', 'x'.repeat(12_345));
    const { headers: whole } = await get('dataset/head.csv');
    const { status, headers, text } = await rawRequest(url, '/objects/dataset/head.csv', { method: 'HEAD' });
    expect({ status, text }).toEqual({ status: 200, text: '' });
    expect(headers['content-length']).toBe('12345');
    for (const name of ['etag', 'content-type', 'last-modified']) expect(headers[name]).toBe(whole[name]);
  });

  it('answers 404 for what is not there, HEAD without a body', async () => {
    const { detail } = expectProblem(await http.get('/objects/dataset/none.csv'), 404, 'not_found');
    expect(detail).toContain('none.csv');
    const head = await rawRequest(url, '/objects/dataset/none.csv', { method: 'HEAD' });
    expect({ status: head.status, text: head.text }).toEqual({ status: 404, text: '' });
  });

  it('has no folders: a part of a key is none', async () => {
    await put('dataset/folder/a.csv', 'x');
    expectProblem(await http.get('/objects/dataset/folder'), 404, 'not_found');
  });
});
