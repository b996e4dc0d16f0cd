import { expect, it } from 'vitest';
import { testApp } from '../app.js';
import { expectProblem } from './expect-problem.js';
import { rawRequest } from './raw-request.js';

const { http, url } = await testApp();
const post = (body: string, type = 'application/json') =>
  http.post('/pipeline-runs').set('content-type', type).send(body);

it.each(['/', '/nothing', '/pipeline-runs/', '/pipelines/forecasting', '/objects', '/objects/dataset'])(
  'says that there is no %s',
  async (path) => {
    const problem = expectProblem(await http.get(path), 404, 'not_found');
    expect(problem).toMatchObject({ title: 'Not Found', instance: path });
  },
);

it.each([
  ['delete', '/pipeline-runs'],
  ['put', '/pipelines'],
  ['post', '/health/live'],
  ['patch', '/promotions'],
  ['get', '/predict'],
  ['post', '/objects/dataset/a.csv'],
] as const)('does not know the method %s of %s', async (method, path) => {
  expectProblem(await http[method](path), 404, 'not_found');
});

it('leaves the query out of what it says the request was', async () => {
  const { instance } = expectProblem(await http.get('/nothing?token=secret'), 404);
  expect(instance).toBe('/nothing');
});

it.each(['/pipeline-runs/%ZZ', '/%', '/objects/dataset/%E0%A4'])(
  'refuses the path %s, which is no URL',
  async (path) => {
    const problem = expectProblem(await rawRequest(url, path), 400, 'invalid_request');
    expect(problem.instance).toBe(path);
  },
);

it.each([
  ['{"pipeline":', 'is cut off'],
  ['{pipeline: "selftest"}', 'is JavaScript'],
  ['', 'is empty'],
  ['\u0000', 'is no text'],
])('refuses %j as JSON: it %s', async (body) => {
  const { errors } = expectProblem(await post(body), 400, 'invalid_request');
  expect(errors).toEqual([{ path: '', message: expect.stringMatching(/\w/) as string }]);
});

it.each(['null', '[]', '"selftest"', '3', '{}', '{"pipeline":null}', '{"pipeline":["selftest"]}'])(
  'refuses %s, which is JSON of another form, and says where',
  async (body) => {
    const { errors } = expectProblem(await post(body), 400, 'invalid_request');
    expect(errors?.length).toBeGreaterThan(0);
  },
);

it.each([
  ['{"__proto__":{"polluted":1},"pipeline":"selftest"}', 'as a key'],
  ['{"pipeline":"selftest","parameters":{"__proto__":{"polluted":1}}}', 'below'],
  ['{"constructor":{"prototype":{"polluted":1}},"pipeline":"selftest"}', 'by its constructor'],
])('refuses %s: a prototype %s', async (body) => {
  expectProblem(await post(body), 400, 'invalid_request');
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

it.each(['application/xml', 'text/csv', 'multipart/form-data; boundary=x', 'garbage'])(
  'does not take a body of type %s where JSON is meant',
  async (type) => {
    expectProblem(await post('{"pipeline":"selftest"}', type), 415);
  },
);

it('refuses a body that is too long without reading it all', async () => {
  const long = `{"pipeline":"selftest","parameters":{"identifier":"${'x'.repeat(17 * 1024 * 1024)}"}}`;
  expectProblem(await post(long), 413, 'too_large');
});

it('answers with the id that the caller chose, and with one of its own for an id that is no good', async () => {
  const chosen = await http.get('/nothing').set('x-request-id', 'trace-1:a.b_c');
  expect(expectProblem(chosen, 404).request_id).toBe('trace-1:a.b_c');
  for (const id of ['a b', 'x'.repeat(101), '<script>']) {
    const { headers } = await http.get('/health/live').set('x-request-id', id);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  }
});

it('gives each of two requests an id of its own, also when it answers well', async () => {
  const ids = [await http.get('/pipelines'), await http.get('/pipelines')].map(
    ({ headers }) => headers['x-request-id'] as string,
  );
  expect(new Set(ids).size).toBe(2);
});
