import { expect, it } from 'vitest';
import { testApp } from '../../app.js';
import { expectProblem } from '../expect-problem.js';
import { rawRequest } from '../raw-request.js';
import { expectError } from './expect-error.js';

const { http, url } = await testApp();
const post = (body: string, type = 'application/json') =>
  http.post('/v2/models/m/infer').set('content-type', type).send(body);

it.each(['/v2/', '/v2/nothing', '/v2/models', '/v2/models/m/nothing', '/v2/models/m/versions'])(
  'has the form of the protocol where there is no %s',
  async (path) => {
    expect(expectError(await http.get(path), 404)).toContain(path);
  },
);

it.each(['/v22', '/V2', '/v2x/models', '/nothing/v2'])('has ours at %s', async (path) => {
  expectProblem(await http.get(path), 404, 'not_found');
});

it.each([
  ['delete', '/v2'],
  ['get', '/v2/models/m/infer'],
  ['post', '/v2/models/m'],
  ['put', '/v2/repository/index'],
] as const)('does not know the method %s of %s', async (method, path) => {
  expectError(await http[method](path), 404);
});

it.each(['/v2/%ZZ', '/v2/models/%E0%A4'])('refuses the path %s, which is no URL', async (path) => {
  expectError(await rawRequest(url, path), 400);
});

it.each(['{"inputs":', '{inputs: []}', '', '\u0000', 'null', '[]', '3', '"x"'])(
  'refuses the body %j',
  async (body) => {
    expect(expectError(await post(body), 400)).toMatch(/\w/);
  },
);

it.each([
  '{"__proto__":{"polluted":1},"inputs":[]}',
  '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1],"parameters":{"__proto__":{"polluted":1}}}]}',
  '{"inputs":[],"constructor":{"prototype":{"polluted":1}}}',
])('refuses a prototype in %s', async (body) => {
  expectError(await post(body), 400);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

it('refuses what is no JSON, and a body that is too long', async () => {
  expectError(await post('inputs', 'text/csv'), 415);
  expectError(await post(`{"inputs":"${'x'.repeat(17 * 1024 * 1024)}"}`), 413);
});

it('refuses a body that is nested deeper than the stack', async () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  for (const data of [deep, `[${deep}]`]) {
    const body = `{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":${data}}],"parameters":${deep}}`;
    expectError(await post(body), 404);
  }
});
