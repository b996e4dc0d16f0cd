import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { StoredObject } from '../../../src/contracts/stored-object.js';
import { testApp } from '../../app.js';
import { eventually } from '../../integration/eventually.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { rawRequest } from '../raw-request.js';
import { changesOf } from './changes-of.js';

const app = await testApp();
const { url, db, objects, store } = app;

const put = (key: string, body: string | Uint8Array, headers = {}) =>
  rawRequest(url, `/objects/dataset/${key}`, { method: 'PUT', body, headers });
const about = (key: string) => changesOf(app, { subject: `/objects/dataset/${key}` });
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

describe('an object that is stored', () => {
  it('is noted with its size and digest, and with what it replaced', async () => {
    const first = parseAnswer(StoredObject, await put('a.csv', 'time,x\n', { 'x-request-id': 'put-1' }));
    await put('a.csv', 'time,x,y\n', { 'x-request-id': 'put-2' });
    expect(await about('a.csv')).toMatchObject([
      {
        actor: 'anonymous',
        action: 'object.put',
        subject: '/objects/dataset/a.csv',
        before: null,
        after: { size: 7, sha256: sha256('time,x\n'), etag: first.etag },
        request_id: 'put-1',
      },
      {
        before: { size: 7, etag: first.etag },
        after: { size: 9, sha256: sha256('time,x,y\n') },
        request_id: 'put-2',
      },
    ]);
  });

  it('has its key as the subject, not escaped, and is found below its folders', async () => {
    await put('folder/a%20b%25c_%E6%97%A5.csv', 'x');
    await put('folder/a-b.csv', 'x');
    const subject = '/objects/dataset/folder/a b%c_日.csv';
    expect(await changesOf(app, { subject })).toMatchObject([{ subject }]);
    expect((await about('folder')).map((change) => change.subject)).toEqual([
      subject,
      '/objects/dataset/folder/a-b.csv',
    ]);
  });

  it('in the place of one that something else has damaged says so', async () => {
    await put('damaged', 'x');
    await appendFile(path.join(objects, 'dataset', 'damaged.object'), 'more');
    expect((await put('damaged', 'y')).status).toBeLessThan(300);
    expect((await about('damaged'))[1]).toMatchObject({ before: { damaged: true }, after: { size: 1 } });
  });
});

describe('an object that is not stored', () => {
  it('because its name is wrong, or its bucket is not there, is not noted', async () => {
    const refused = { 'x-request-id': 'refused-1' };
    expectProblem(await put('a//b', 'x', refused), 400, 'invalid_request');
    const nowhere = { method: 'PUT', body: 'x', headers: refused };
    expectProblem(await rawRequest(url, '/objects/no-such-bucket/a', nowhere), 404, 'not_found');
    expect(await changesOf(app, { request_id: 'refused-1' })).toEqual([]);
  });

  it('because its sender went away is not noted', async () => {
    const { hostname, port } = new URL(url);
    const request = http.request({
      hostname,
      port,
      method: 'PUT',
      agent: false,
      path: '/objects/dataset/unfinished',
      headers: { 'content-length': 10_000_000 },
    });
    request.on('error', () => {});
    request.write(randomBytes(1_000_000));
    const temporary = () => readdirSync(path.join(objects, '.tmp')).length;
    await eventually('its first bytes have arrived', () => temporary() > 0);
    request.destroy();
    await eventually('they are gone', () => temporary() === 0);
    expect(await about('unfinished')).toEqual([]);
    await expect(store.head('dataset', 'unfinished')).rejects.toMatchObject({ code: 'not_found' });
  });
});

it('an object whose entry cannot be written is answered so, and noted when it is sent again', async () => {
  await db.$executeRaw`
    alter table audit_entries add constraint refused check (request_id <> 'put-refused') not valid`;
  const answer = await put('again', 'x', { 'x-request-id': 'put-refused' });
  expectProblem(answer, 500, 'internal');
  expect(await about('again')).toEqual([]);
  expect((await put('again', 'x')).status).toBe(200);
  expect(await about('again')).toMatchObject([{ before: { size: 1 }, after: { sha256: sha256('x') } }]);
});
