import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PipelineRun } from '../../../src/contracts/pipeline-run.js';
import { SelftestParameters } from '../../../src/contracts/selftest-parameters.js';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { retain } from '../../../src/engine/retention.js';
import { testApp } from '../../app.js';
import { caller } from '../../factories/caller.js';
import { newRun, newSelftest, trainers } from '../../factories/run.js';
import { holdRun } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { changesOf } from './changes-of.js';

const app = await testApp();
const { http, db, store } = app;

const parameters = SelftestParameters.parse({});
const create = (body: object = {}, headers: Record<string, string> = {}) =>
  http
    .post('/pipeline-runs')
    .set(headers)
    .send({ pipeline: 'selftest', ...body });
const idOf = (answer: { text: string }) => parseAnswer(PipelineRun, answer).id;
const about = (id: string) => changesOf(app, { subject: `/pipeline-runs/${id}` });
const latest = async (id: string) => (await about(id)).at(-1);
const actions = async (id: string) => (await about(id)).map(({ action }) => action);
const finished = async (identifier: string) => {
  const run = await newRun(db, { identifier });
  await run.succeed('preprocess', ...trainers);
  await (await run.claim('evaluate')).succeed({ accepted: false });
  if ((await run.row()).state === 'RUNNING') await run.succeed('infer');
  return run;
};

describe('a run that is created', () => {
  it('is noted with who asked, in which request, and for what', async () => {
    const labels = { tags: { team: 'energy' }, note: 'a try', priority: 3 };
    const id = idOf(await create(labels, { 'x-request-id': 'create-1' }).expect(202));
    expect(await about(id)).toEqual([
      {
        actor: 'anonymous',
        action: 'run.create',
        subject: `/pipeline-runs/${id}`,
        before: null,
        after: { pipeline: 'selftest', identifier: 'selftest', parameters, config_hash: null, ...labels },
        request_id: 'create-1',
      },
    ]);
  });

  it('has the id of a request that did not name itself, as its answer has it', async () => {
    const answer = await create();
    expect(await about(idOf(answer))).toMatchObject([{ request_id: answer.headers['x-request-id'] }]);
  });

  it('as a clone names the run that it was made from', async () => {
    const original = idOf(await create({ tags: { team: 'energy' } }));
    const answer = await http
      .post(`/pipeline-runs/${original}/clone`)
      .set('x-request-id', 'clone-1')
      .send({ parameters: { step_ms: 7 } })
      .expect(202);
    expect(await about(idOf(answer))).toMatchObject([
      {
        action: 'run.create',
        after: {
          cloned_from: original,
          parameters: { ...parameters, step_ms: 7 },
          tags: { team: 'energy' },
        },
        request_id: 'clone-1',
      },
    ]);
    expect(await actions(original)).toEqual(['run.create']);
  });

  it('is noted once, however often its request is sent under one Idempotency-Key', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const ids = (await Promise.all([create({}, key), create({}, key)])).map(idOf);
    ids.push(idOf(await create({}, key)));
    expect(new Set(ids).size).toBe(1);
    expect(await actions(ids[0]!)).toEqual(['run.create']);
  });

  it('has a note that is cut when it is long, and one that is refused has none', async () => {
    const id = idOf(await create({ note: 'x'.repeat(1_500) }));
    expect(await about(id)).toMatchObject([
      { after: { note: `${'x'.repeat(1_000)}… (500 more characters)` } },
    ]);
    const refused = await create({ pipeline: 'dance' }, { 'x-request-id': 'refused-1' });
    expectProblem(refused, 400, 'invalid_request');
    expect(await changesOf(app, { request_id: 'refused-1' })).toEqual([]);
  });
});

describe('a cancel', () => {
  const cancel = (id: string) => http.post(`/pipeline-runs/${id}/cancel`);

  it('is noted with the states before and after it', async () => {
    const id = idOf(await create());
    await cancel(id).set('x-request-id', 'cancel-1').expect(202);
    expect(await latest(id)).toEqual({
      actor: 'anonymous',
      action: 'run.cancel',
      subject: `/pipeline-runs/${id}`,
      before: { state: 'PENDING' },
      after: { state: 'CANCELED', reason: 'canceled' },
      request_id: 'cancel-1',
    });
    const running = await newSelftest(db);
    await running.claim('first');
    await cancel(running.id).expect(202);
    expect(await latest(running.id)).toMatchObject({
      before: { state: 'RUNNING' },
      after: { state: 'CANCELING' },
    });
  });

  it('of what is canceled already, or has ended, is not', async () => {
    const id = idOf(await create());
    await Promise.all([cancel(id), cancel(id), cancel(id)]);
    expect(await actions(id)).toEqual(['run.create', 'run.cancel']);
    const running = await newSelftest(db);
    await running.claim('first');
    for (let i = 0; i < 2; i++) await cancel(running.id).expect(202);
    expect(await actions(running.id)).toEqual(['run.create', 'run.cancel']);
    const ended = await newSelftest(db);
    await ended.fail('first');
    expectProblem(await cancel(ended.id), 409, 'conflict');
    expect(await actions(ended.id)).toEqual(['run.create']);
  });
});

describe('a retry', () => {
  const retry = (id: string) => http.post(`/pipeline-runs/${id}/retry`);

  it('is noted with the steps that run again', async () => {
    const run = await newSelftest(db);
    await run.succeed('first', 'left', 'middle', 'right');
    await run.fail('join');
    await retry(run.id).set('x-request-id', 'retry-1').expect(202);
    expect(await latest(run.id)).toEqual({
      actor: 'anonymous',
      action: 'run.retry',
      subject: `/pipeline-runs/${run.id}`,
      before: { state: 'FAILED' },
      after: { state: 'RUNNING', steps: ['join', 'last'] },
      request_id: 'retry-1',
    });
  });

  it('of a run that goes on is not: of several at once, one', async () => {
    const run = await newSelftest(db);
    await cancelRun(db, run.id, caller('ada'));
    const statuses = (await Promise.all([1, 2, 3].map(() => retry(run.id)))).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([202, 409, 409]);
    expect(await actions(run.id)).toEqual(['run.create', 'run.cancel', 'run.retry']);
  });
});

describe('a change of tags and note', () => {
  const patch = (id: string, body: object) => http.patch(`/pipeline-runs/${id}`).send(body);

  it('is noted with what is different, and with nothing else', async () => {
    const id = idOf(await create({ tags: { team: 'energy', draft: '', site: 'north' }, note: 'first' }));
    const tags = { team: 'water', draft: null, site: 'north', reviewed: 'yes', gone: null };
    await patch(id, { tags }).set('x-request-id', 'patch-1').expect(200);
    expect(await latest(id)).toEqual({
      actor: 'anonymous',
      action: 'run.update',
      subject: `/pipeline-runs/${id}`,
      before: { tags: { team: 'energy', draft: '', reviewed: null } },
      after: { tags: { team: 'water', draft: null, reviewed: 'yes' } },
      request_id: 'patch-1',
    });
    await patch(id, { note: null, tags: { site: 'north' } }).expect(200);
    expect(await latest(id)).toMatchObject({ before: { note: 'first' }, after: { note: null } });
    expect(Object.keys((await latest(id))?.before ?? {})).toEqual(['note']);
  });

  it('that changes nothing is not, nor one that is refused', async () => {
    const id = idOf(await create({ tags: { team: 'energy' }, note: 'first' }));
    for (const body of [{}, { tags: {} }, { note: 'first' }, { tags: { team: 'energy', gone: null } }])
      await patch(id, body).expect(200);
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`tag-${i}`, '']));
    expectProblem(await patch(id, { note: 'second', tags: many }), 400, 'invalid_request');
    expect(await actions(id)).toEqual(['run.create']);
  });

  // Read before the run's lock was had, all of them would have found the tag without a value.
  it('of one tag at once says of each what the one before has left', async () => {
    const id = idOf(await create());
    const held = await holdRun(db, id);
    const patches = [1, 2, 3, 4].map((value) =>
      patch(id, { tags: { same: String(value) } }).then(({ status }) => status),
    );
    await waiting(db, 4);
    await held.commit();
    expect(await Promise.all(patches)).toEqual([200, 200, 200, 200]);
    const changes = (await about(id)).slice(1).map(({ before, after }) => [before, after]);
    expect(changes).toHaveLength(4);
    expect(changes[0]![0]).toEqual({ tags: { same: null } });
    for (let i = 1; i < 4; i++) expect(changes[i]![0]).toEqual(changes[i - 1]![1]);
  });
});

describe('a run that is deleted', () => {
  it('leaves what it was, and which versions of models went with it', async () => {
    const run = await finished('deleted');
    const versions = await db.modelVersion.findMany({ where: { name: 'deleted' } });
    await http.delete(`/pipeline-runs/${run.id}`).set('x-request-id', 'delete-1').expect(204);
    const changes = await changesOf(app, { request_id: 'delete-1' });
    const [asked] = await db.promotionRequest.findMany({ where: { identifier: 'deleted' } });
    const gone = versions.filter(({ version }) => version !== asked!.model_version);
    expect(gone).toHaveLength(2);
    expect(changes.filter(({ action }) => action === 'version.delete')).toEqual(
      gone.map(({ version, model_type, model_sha256: sha256 }) => ({
        actor: 'anonymous',
        action: 'version.delete',
        subject: `/models/deleted/versions/${version}`,
        before: { model_type, sha256, pipeline_run_id: run.id },
        after: null,
        request_id: 'delete-1',
      })),
    );
    const state = 'SUCCEEDED';
    expect(changes.filter(({ action }) => action !== 'version.delete')).toEqual([
      {
        actor: 'anonymous',
        action: 'run.delete',
        subject: `/pipeline-runs/${run.id}`,
        before: { pipeline: 'forecasting', identifier: 'deleted', state, config_hash: 'c0ffee', note: null },
        after: null,
        request_id: 'delete-1',
      },
    ]);
    expectProblem(await http.delete(`/pipeline-runs/${run.id}`), 404, 'not_found');
    expect((await actions(run.id)).filter((action) => action === 'run.delete')).toHaveLength(1);
  });

  it('because it is too old was deleted by the retention, in no request', async () => {
    const run = await finished('aged');
    await db.pipelineRun.update({ where: { id: run.id }, data: { ended_at: new Date(0) } });
    expect(await retain({ db, store, maxAgeDays: 7 })).toBe(1);
    expect(await latest(run.id)).toMatchObject({
      actor: 'retention',
      action: 'run.delete',
      before: { identifier: 'aged', state: 'SUCCEEDED' },
      after: null,
      request_id: null,
    });
  });
});
