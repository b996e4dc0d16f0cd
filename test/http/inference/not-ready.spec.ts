import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { testApp } from '../../app.js';
import { importedModel } from '../../factories/imported-model.js';
import { identityModel } from '../../factories/onnx-model.js';
import { eventually } from '../../integration/eventually.js';
import { temporaryStore } from '../../temporary-store.js';
import { expectError } from './expect-error.js';

const files = await temporaryStore();
let isAway = false;
const { http, db, store } = await testApp({
  store: { ...files, ping: () => (isAway ? Promise.reject(new Error('it is away')) : files.ping()) },
});
await importedModel(db, store, 'm', identityModel('FP32', ['n']));
const path = '/v2/models/m/versions/1';

it('is not ready while something that it stands on does not answer, and still alive', async () => {
  isAway = true;
  expect(expectError(await http.get('/v2/health/ready'), 503)).toBe('not ready: objects: it is away');
  expect((await http.get('/v2/health/live')).status).toBe(200);
  isAway = false;
  expect((await http.get('/v2/health/ready')).status).toBe(200);
});

it('is not ready while a loaded model hangs, and answers again when it goes on', async () => {
  expect((await http.get(`${path}/ready`)).status).toBe(200);
  const [pid] = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'serving-process'], {
    encoding: 'utf8',
  })
    .split('\n')
    .map(Number);
  process.kill(pid!, 'SIGSTOP');
  const inputs = [{ name: 'x', shape: [1], datatype: 'FP32', data: [1] }];
  const hanging = http.post(`${path}/infer`).send({ inputs });
  const asked = hanging.then((answer) => answer);
  const late = await http.post(`${path}/infer`).set('x-request-timeout-ms', '300').send({ inputs });
  expectError(late, 504);
  const unready = await eventually('the model counts as hanging', async () => {
    const answer = await http.get('/v2/health/ready');
    return answer.status === 503 ? answer : undefined;
  });
  expect(expectError(unready, 503)).toContain('version 1 of m: ');
  const { status, body } = await http.get('/health/ready');
  expect({ status, body: body as unknown }).toMatchObject({
    status: 503,
    body: {
      checks: { models: { status: 'failed', error: expect.stringContaining('version 1 of m') as string } },
    },
  });
  expect(expectError(await http.get(`${path}/ready`), 503)).toContain('model m is not ready: ');
  expect((await http.post('/v2/repository/index').send({ ready: true })).body).toEqual([]);

  process.kill(pid!, 'SIGCONT');
  expect((await asked).status).toBe(200);
  expect((await http.get('/v2/health/ready')).status).toBe(200);
  expect((await http.get(`${path}/ready`)).status).toBe(200);
});
