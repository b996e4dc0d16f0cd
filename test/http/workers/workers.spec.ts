import { beforeEach, describe, expect, it } from 'vitest';
import { PipelineRun, PipelineRunPage } from '../../../src/contracts/pipeline-run.js';
import { PausedKinds, WorkerList } from '../../../src/contracts/worker.js';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { announceWorker, retireWorker } from '../../../src/engine/worker-presence.js';
import { testApp } from '../../app.js';
import { caller } from '../../factories/caller.js';
import { newRun, newSelftest } from '../../factories/run.js';
import { recordedQueues } from '../../recorded-queues.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const queues = recordedQueues();
const { http, db } = await testApp({ queues });
const limited = await testApp({ environment: { RUNS_PER_IDENTIFIER: '1' } });
beforeEach(async () => {
  queues.jobs.length = 0;
  await db.workerProcess.deleteMany();
  await db.pausedKind.deleteMany();
  await db.pipelineRun.deleteMany();
});

const announce = (id: string, capacity: Record<string, number> = { train: 2 }) =>
  announceWorker(db, { id, host: 'host', pid: 17, capacity, version: '0.1.0' });
const silentFor = (id: string, seconds: number) =>
  db.$executeRaw`
    update workers set heartbeat_at = clock_timestamp() - ${seconds} * interval '1 second' where id = ${id}`;
const list = async () => parseAnswer(WorkerList, await http.get('/workers').expect(200));
const post = (action: string, body?: object) => http.post(`/workers/${action}`).send(body);
const waitingFor = async (id: string, app = http) => {
  const { steps } = parseAnswer(PipelineRun, await app.get(`/pipeline-runs/${id}`).expect(200));
  return Object.fromEntries(steps.map(({ name, waiting_for }) => [name, waiting_for]));
};

describe('the list of workers', () => {
  it('says which are alive, lost and stopped', async () => {
    for (const id of ['alive', 'late', 'lost', 'stopped']) await announce(id);
    await silentFor('late', 14);
    await silentFor('lost', 16);
    await retireWorker(db, 'stopped');
    const { items, next_cursor } = await list();
    expect(Object.fromEntries(items.map(({ id, state }) => [id, state]))).toEqual({
      alive: 'alive',
      late: 'alive',
      lost: 'lost',
      stopped: 'stopped',
    });
    expect(items.at(-1)).toMatchObject({ host: 'host', pid: 17, capacity: { train: 2 }, version: '0.1.0' });
    expect(next_cursor).toBeNull();
  });

  it('shows what each is working on, and how far it is', async () => {
    await announce('busy');
    await announce('idle');
    const run = await newSelftest(db);
    await run.claim('first', 'busy');
    await db.step.update({
      where: { run_id_name: { run_id: run.id, name: 'first' } },
      data: { progress: { fraction: 0.4, message: 'epoch 4/10' } },
    });
    const { items } = await list();
    expect(items.find(({ id }) => id === 'idle')?.steps).toEqual([]);
    const steps = items.find(({ id }) => id === 'busy')?.steps;
    expect(steps).toMatchObject([
      { run_id: run.id, step: 'first', kind: 'preprocess', attempt: 1, fraction: 0.4 },
    ]);
    expect(Math.abs(steps![0]!.since.getTime() - Date.now())).toBeLessThan(60_000);
  });
});

describe('pause and resume', () => {
  it('name kinds, and show which are paused, since when, by whom and why', async () => {
    const answer = await post('pause', { kinds: ['train', 'train'], reason: 'new data' });
    expect(answer.status).toBe(200);
    const { paused } = parseAnswer(PausedKinds, answer);
    expect(paused).toMatchObject([{ kind: 'train', by: 'anonymous', reason: 'new data' }]);
    expect((await list()).paused).toEqual(paused);
    expect(parseAnswer(PausedKinds, await post('resume', { kinds: ['train', 'infer'] })).paused).toEqual([]);
  });

  it('mean all kinds without a body', async () => {
    const { paused } = parseAnswer(PausedKinds, await post('pause'));
    expect(paused.map(({ kind }) => kind)).toEqual(['evaluate', 'infer', 'preprocess', 'train']);
    await post('resume', { kinds: ['infer'] }).expect(200);
    expect((await list()).paused).toHaveLength(3);
    expect(parseAnswer(PausedKinds, await post('resume')).paused).toEqual([]);
  });

  it('hand nothing to the queue in between, and all of it afterwards', async () => {
    await post('pause').expect(200);
    const run = await http.post('/pipeline-runs').send({ pipeline: 'selftest' }).expect(202);
    expect(queues.jobs).toEqual([]);
    await post('resume').expect(200);
    expect(queues.jobs).toMatchObject([{ payload: { run_id: parseAnswer(PipelineRun, run).id } }]);
  });

  it.each([
    [{ kinds: ['dance'] }, 'kinds.0'],
    [{ kinds: [] }, 'kinds'],
    [{ kinds: 'train' }, 'kinds'],
    [{ reason: 'a\0b' }, 'reason'],
    [{ kind: 'train' }, ''],
  ])('refuse %j', async (body, path) => {
    for (const action of ['pause', 'resume']) {
      const { errors } = expectProblem(await post(action, body), 400, 'invalid_request');
      expect(errors?.map((error) => error.path)).toEqual([path]);
    }
    expect((await list()).paused).toEqual([]);
  });
});

describe('a step that is queued waits for', () => {
  it('a worker that is alive and takes its kind', async () => {
    const run = await newSelftest(db);
    const none = 'a worker: none that is alive takes preprocess';
    expect(await waitingFor(run.id)).toMatchObject({ first: none, left: null });
    await announce('trainer');
    await announce('lost', { preprocess: 1 });
    await silentFor('lost', 16);
    await announce('stopped', { preprocess: 1 });
    await retireWorker(db, 'stopped');
    expect(await waitingFor(run.id)).toMatchObject({ first: none });
    await announce('fitting', { preprocess: 1 });
    expect(await waitingFor(run.id)).toMatchObject({ first: 'a free worker' });
    await run.claim('first');
    expect(await waitingFor(run.id)).toMatchObject({ first: null });
  });

  it('its kind to be resumed', async () => {
    const run = await newSelftest(db);
    await announce('worker', { preprocess: 1 });
    await post('pause', { kinds: ['preprocess'] }).expect(200);
    expect(await waitingFor(run.id)).toMatchObject({ first: 'its kind to be resumed: preprocess is paused' });
  });

  it('the end of its back-off', async () => {
    const run = await newRun(db);
    await (await run.claim('preprocess')).fail();
    const [row] = await db.$queryRaw<[{ until: Date }]>`
      update steps set not_before = clock_timestamp() + interval '1 hour'
      where run_id = ${run.id}::uuid and name = 'preprocess' returning not_before as until`;
    expect(await waitingFor(run.id)).toMatchObject({
      preprocess: `its next attempt: back-off until ${row.until.toISOString()}`,
    });
  });

  it('the end of another run of its identifier', async () => {
    const runs = [await newSelftest(limited.db), await newSelftest(limited.db)];
    const held = 'the end of another run of selftest: 1 may be under way at once (RUNS_PER_IDENTIFIER)';
    expect(await waitingFor(runs[1]!.id, limited.http)).toMatchObject({ first: held });
    const page = parseAnswer(PipelineRunPage, await limited.http.get('/pipeline-runs').expect(200));
    expect(page.items.map(({ steps }) => steps[0]?.waiting_for)).toEqual([
      held,
      'a worker: none that is alive takes preprocess',
    ]);
    await cancelRun(limited.db, runs[0]!.id, caller('ada'));
    expect((await waitingFor(runs[1]!.id, limited.http)).first).not.toBe(held);
  });
});
