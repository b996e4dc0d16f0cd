import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { PipelineRun, PipelineRunPage } from '../../../src/contracts/pipeline-run.js';
import { testApp } from '../../app.js';
import { newRun, newSelftest, trainers } from '../../factories/run.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db } = await testApp();
const get = async (id: string) => parseAnswer(PipelineRun, await http.get(`/pipeline-runs/${id}`));
const post = (id: string, action: string) => http.post(`/pipeline-runs/${id}/${action}`);

describe('a run', () => {
  it('shows attempts, history, outputs and promotion of all its steps', async () => {
    const run = await newRun(db, { identifier: 'shown' });
    await run.succeed('preprocess', ...trainers, 'evaluate', 'infer');
    const { state, steps, promotion_id, started_at, ended_at } = await get(run.id);
    expect(state).toBe('SUCCEEDED');
    expect(started_at!.getTime()).toBeLessThanOrEqual(ended_at!.getTime());
    const promotion = await db.promotion.findFirstOrThrow({ where: { identifier: 'shown' } });
    expect(promotion_id).toBe(promotion.id);
    const first = steps.find(({ name }) => name === trainers[0]);
    expect(first).toMatchObject({
      kind: 'train',
      depends_on: ['preprocess'],
      state: 'SUCCEEDED',
      attempts: [{ number: 1, outcome: 'SUCCEEDED', worker: 'worker', error: null }],
      cached_from_run_id: null,
      error: null,
      outputs: {
        model_version: 1,
        tracked_run_id: promotion.run_id,
        metrics: { rmse: 0.1, mae: 0.05, mse: 0.01, rmse_raw: 1, mae_raw: 0.5 },
        model: { bucket: 'kfp-artifacts', sha256: promotion.sha256 },
      },
    });
    expect(first?.state_history.map((change) => change.state)).toEqual(['QUEUED', 'RUNNING', 'SUCCEEDED']);
  });

  it('shows the error of a step that failed, and of each attempt', async () => {
    const run = await newRun(db);
    const where = 'series.csv, column "down", row 17';
    await (await run.claim('preprocess')).fail();
    await (
      await run.claim('preprocess')
    ).fail({ code: 'invalid_data', message: '"x" is not a number', where, permanent: true });
    const { state, steps } = await get(run.id);
    expect(state).toBe('FAILED');
    expect(steps[0]).toMatchObject({
      state: 'FAILED',
      error: { code: 'invalid_data', message: '"x" is not a number', where, permanent: true },
      attempts: [
        { number: 1, outcome: 'FAILED', error: { code: 'internal', permanent: false } },
        { number: 2, outcome: 'FAILED', error: { code: 'invalid_data' } },
      ],
    });
    expect(steps.slice(1).map((step) => step.state)).toEqual(Array.from({ length: 5 }, () => 'SKIPPED'));
  });

  it('shows how far a step is while it runs', async () => {
    const run = await newSelftest(db);
    await run.claim('first', 'worker-7');
    const progress = { fraction: 0.4, message: 'epoch 4/10', epoch: 4, loss: 0.01, seconds_left: 3 };
    await db.step.update({ where: { run_id_name: { run_id: run.id, name: 'first' } }, data: { progress } });
    const { state, steps } = await get(run.id);
    expect(state).toBe('RUNNING');
    expect(steps[0]).toMatchObject({ progress, attempts: [{ worker: 'worker-7', outcome: null }] });
  });

  it('is not found by an id that nobody has, and not looked for by what is no id', async () => {
    const id = randomUUID();
    expect(expectProblem(await http.get(`/pipeline-runs/${id}`), 404, 'not_found').detail).toContain(id);
    const { errors } = expectProblem(await http.get('/pipeline-runs/17'), 400, 'invalid_request');
    expect(errors).toEqual([{ path: 'id', message: 'must be the id of a run' }]);
  });
});

describe('cancel', () => {
  it('ends a run that nobody works on at once', async () => {
    const run = await newSelftest(db);
    const answer = await post(run.id, 'cancel');
    expect(answer.status).toBe(202);
    expect(parseAnswer(PipelineRun, answer)).toMatchObject({ state: 'CANCELED' });
    expect(parseAnswer(PipelineRun, answer).state_history.at(-1)).toMatchObject({
      state: 'CANCELED',
      actor: 'anonymous',
      reason: 'canceled',
    });
  });

  it('asks a run that is worked on to end, and asking twice changes nothing', async () => {
    const run = await newSelftest(db);
    await run.claim('first');
    const first = parseAnswer(PipelineRun, await post(run.id, 'cancel'));
    expect(first.state).toBe('CANCELING');
    expect(first.steps.map(({ state }) => state)).toEqual(['RUNNING', ...Array(5).fill('CANCELED')]);
    const second = await post(run.id, 'cancel');
    expect(second.status).toBe(202);
    expect(parseAnswer(PipelineRun, second)).toEqual(first);
  });

  it('is a conflict for a run that has ended otherwise', async () => {
    const run = await newSelftest(db);
    await run.succeed('first', 'left', 'middle', 'right', 'join', 'last');
    expectProblem(await post(run.id, 'cancel'), 409, 'conflict');
  });

  it('does not know a run that is not there', async () => {
    expectProblem(await post(randomUUID(), 'cancel'), 404, 'not_found');
    expectProblem(await post('latest', 'cancel'), 400, 'invalid_request');
  });
});

describe('retry', () => {
  it('queues what failed again, in the same run, and keeps what succeeded', async () => {
    const run = await newSelftest(db);
    await run.succeed('first');
    await run.fail('left', 'middle', 'right');
    expect(await get(run.id)).toMatchObject({ state: 'FAILED' });
    const answer = await post(run.id, 'retry');
    expect(answer.status).toBe(202);
    const retried = parseAnswer(PipelineRun, answer);
    expect(retried).toMatchObject({ state: 'RUNNING', ended_at: null });
    expect(retried.steps.map(({ state }) => state)).toEqual([
      'SUCCEEDED',
      'QUEUED',
      'QUEUED',
      'QUEUED',
      'PENDING',
      'PENDING',
    ]);
    expect(await db.step.count({ where: { run_id: run.id, dispatched_at: null, state: 'QUEUED' } })).toBe(0);
  });

  it('is a conflict for a run that goes on or has succeeded', async () => {
    const run = await newSelftest(db);
    expectProblem(await post(run.id, 'retry'), 409, 'conflict');
    await run.succeed('first', 'left', 'middle', 'right', 'join', 'last');
    expectProblem(await post(run.id, 'retry'), 409, 'conflict');
    expectProblem(await post(randomUUID(), 'retry'), 404, 'not_found');
  });
});

describe('the list of runs', () => {
  const identifier = 'listed';
  beforeAll(async () => {
    const parameters = { step_ms: 0 };
    const runs = Array.from({ length: 45 }, (_, i) => ({
      id: randomUUID(),
      pipeline: i % 3 === 0 ? 'forecasting' : 'selftest',
      identifier,
      state: i % 2 === 0 ? ('SUCCEEDED' as const) : ('FAILED' as const),
      parameters,
      created_by: 'tester',
      // Ten at a time are of one millisecond: a cursor of a time alone would lose or repeat some.
      created_at: new Date(Date.UTC(2024, 0, 1) + Math.floor(i / 10)),
    }));
    await db.pipelineRun.createMany({ data: runs });
  });
  const list = async (query: string) =>
    parseAnswer(PipelineRunPage, await http.get(`/pipeline-runs?identifier=${identifier}${query}`));

  it.each([1, 7, 20, 45, 200])('gives each run once, newest first, in pages of %i', async (limit) => {
    const seen: { id: string; created_at: Date }[] = [];
    let cursor = '';
    for (let pages = 0; ; pages++) {
      const { items, next_cursor } = await list(`&limit=${limit}${cursor}`);
      expect(items.length).toBeLessThanOrEqual(limit);
      seen.push(...items);
      if (next_cursor === null) break;
      expect(pages).toBeLessThan(46);
      cursor = `&cursor=${encodeURIComponent(next_cursor)}`;
    }
    expect(seen).toHaveLength(45);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(45);
    const times = seen.map(({ created_at }) => created_at.getTime());
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it('gives 20 without a limit, and says when there are no more', async () => {
    expect((await list('')).items).toHaveLength(20);
    expect(await list('&limit=45')).toMatchObject({ next_cursor: null });
  });

  it('shows what is newer than the page before to nobody who goes on', async () => {
    const first = await list('&limit=20');
    await db.pipelineRun.create({
      data: { pipeline: 'selftest', identifier, parameters: {}, created_by: 'tester' },
    });
    const second = await list(`&limit=20&cursor=${first.next_cursor}`);
    const ids = new Set(first.items.map(({ id }) => id));
    expect(second.items.filter(({ id }) => ids.has(id))).toEqual([]);
    expect(second.items).toHaveLength(20);
    await db.pipelineRun.deleteMany({ where: { identifier, created_at: { gt: new Date('2025-01-01') } } });
  });

  it('can be narrowed by pipeline and state', async () => {
    const { items } = await list('&limit=200&pipeline=forecasting&state=FAILED');
    expect(items).toHaveLength(7);
    expect(new Set(items.map(({ pipeline, state }) => `${pipeline} ${state}`))).toEqual(
      new Set(['forecasting FAILED']),
    );
    expect((await list('&pipeline=nothing')).items).toEqual([]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['state=DONE', 'state'],
    ['identifier=..', 'identifier'],
    ['cursor=abc', 'cursor'],
    [`cursor=${Buffer.from('{"at":"2024-01-01T00:00:00Z","id":"1"}').toString('base64url')}`, 'cursor'],
    [`cursor=${'x'.repeat(501)}`, 'cursor'],
  ])('refuses %s', async (query, path) => {
    const { errors } = expectProblem(await http.get(`/pipeline-runs?${query}`), 400, 'invalid_request');
    expect(errors?.map((error) => error.path)).toEqual([path]);
  });
});
