import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Readiness } from '../../src/contracts/health.js';
import { PipelineRun } from '../../src/contracts/pipeline-run.js';
import { PredictAnswer } from '../../src/contracts/predict.js';
import { testApp } from '../app.js';
import { columnNames, hour, servedModel, storedModel } from '../factories/served-model.js';
import { promoteModel } from '../factories/promotion.js';
import { eventually } from '../integration/eventually.js';
import { ownPostgres } from '../own-postgres.js';
import { expectProblem } from './expect-problem.js';
import { parseAnswer } from './parse-answer.js';

const postgres = await ownPostgres();
const { http, db, store } = await testApp({ databaseUrl: postgres.url });
afterEach(() => postgres.start());

const identifier = 'served';
const time = Array.from({ length: 4 }, (_, row) => new Date(Date.UTC(2024, 5, 1) + row * hour).toISOString());
const data = { time, ...Object.fromEntries(columnNames.map((name) => [name, [1, 2, 3, 4]])) };
const predict = () => http.post('/predict').send({ identifier, data });
const versionOf = (answer: { text: string }) => parseAnswer(PredictAnswer, answer).model_version;

describe('while PostgreSQL is stopped', () => {
  beforeAll(async () => {
    await servedModel(db, store, { identifier, always: 1 });
    expect(versionOf(await predict())).toBe(1);
  });

  it('predictions go on from what is loaded', async () => {
    await postgres.stop();
    for (let i = 0; i < 50; i++) expect((await predict()).status).toBe(200);
    expect((await http.get(`/predict/schema?identifier=${identifier}`)).status).toBe(200);
  });

  it('readiness names the database and the queue, and the process is alive', async () => {
    await postgres.stop();
    const answer = await http.get('/health/ready');
    expect(answer.status).toBe(503);
    expect(parseAnswer(Readiness, answer)).toMatchObject({
      status: 'failed',
      checks: { database: { status: 'failed' }, queue: { status: 'failed' }, objects: { status: 'ok' } },
    });
    expect((await http.get('/health/live')).status).toBe(200);
  });

  it.each([
    ['post', '/pipeline-runs', { pipeline: 'selftest' }],
    ['get', '/pipeline-runs', undefined],
    ['get', '/pipeline-runs/01933b5e-0000-7000-8000-000000000000', undefined],
    ['post', '/pipeline-runs/01933b5e-0000-7000-8000-000000000000/cancel', undefined],
    ['get', '/promotions/current', undefined],
    ['get', '/promotions?identifier=served', undefined],
    ['post', '/predict', { identifier: 'not-loaded', data }],
    ['get', '/audit?subject=/models', undefined],
    ['get', '/audit/export', undefined],
    ['put', '/objects/dataset/unnoted.csv', 'x'],
  ] as const)(
    '%s %s says 503 and when to come back, and tells nothing of the database',
    async (method, path, body) => {
      await postgres.stop();
      const answer = await http[method](path).send(body);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      const { detail } = expectProblem(answer, 503, 'unavailable');
      expect(detail).not.toMatch(/127\.0\.0\.1|prisma|select|trainyard:/i);
    },
  );

  // The audit log is in the database.
  it('an object that could not be noted is not stored', async () => {
    await postgres.stop();
    expect((await http.put('/objects/dataset/unstored.csv').send('x')).status).toBe(503);
    await expect(store.head('dataset', 'unstored.csv')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('what needs no row works: reading objects, metrics, documents', async () => {
    await store.put('dataset', 'a.csv', Buffer.from('x'));
    await postgres.stop();
    expect((await http.get('/objects/dataset/a.csv')).status).toBe(200);
    expect((await http.get('/metrics')).text).toContain('trainyard_http_request_seconds');
    expect((await http.get('/pipelines')).status).toBe(200);
    expect((await http.get('/openapi.json')).status).toBe(200);
  });
});

describe('when PostgreSQL is back', () => {
  it('everything answers again, and jobs are queued', async () => {
    await postgres.stop();
    expect((await http.get('/health/ready')).status).toBe(503);
    await postgres.start();
    await eventually('it is ready', async () => (await http.get('/health/ready')).status === 200);
    const answer = await http.post('/pipeline-runs').send({ pipeline: 'selftest' });
    expect(answer.status).toBe(202);
    const { id } = parseAnswer(PipelineRun, answer);
    await eventually('its job is queued', async () => {
      const step = await db.step.findFirst({ where: { run_id: id, state: 'QUEUED' } });
      return step?.dispatched_at;
    });
  });

  it('promotions are followed again', async () => {
    const next = await storedModel(db, store, { identifier, always: 2 });
    await postgres.stop();
    expect(versionOf(await predict())).toBe(1);
    await postgres.start();
    await eventually('the database answers', () => db.$queryRaw`select 1`.catch(() => undefined));
    await promoteModel(db, next.version);
    await eventually('the new version answers', async () => versionOf(await predict()) === 2);
  });
});
