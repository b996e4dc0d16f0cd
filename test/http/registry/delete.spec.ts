import { caller } from '../../factories/caller.js';
import { describe, expect, it } from 'vitest';
import { ModelVersion, RegisteredModel } from '../../../src/contracts/registry.js';
import { trackedFileKey } from '../../../src/contracts/object-keys.js';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { deleteRun } from '../../../src/engine/delete-run.js';
import { testApp } from '../../app.js';
import { auditOf } from '../../audit-of.js';
import { churnModel } from '../../factories/foreign-models.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { abandonedModel, registeredVersion } from '../../factories/registered-version.js';
import { artifactRef } from '../../factories/step-results.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { importModel } from './import-form.js';

const app = await testApp();
const { http, db, store } = app;

const remove = (path: string) => http.delete(path);
const conflict = (answer: Parameters<typeof expectProblem>[0]) =>
  expectProblem(answer, 409, 'conflict').detail;
const refuse = ({ name, version }: { name: string; version: number }) =>
  db.promotionRequest.create({
    data: { identifier: name, model_version: version, actor: 'x', gates: [], verdict: 'refused' },
  });
/** A forecast that stands in a results file. */
async function forecast({ name, version, run_id }: { name: string; version: number; run_id: string | null }) {
  const { sha256, bucket, key, size } = artifactRef(`line of ${name} ${version}`);
  await db.artifact.create({ data: { sha256, bucket, key, size, media_type: 'text/plain' } });
  await db.inferenceBatch.create({
    data: {
      identifier: name,
      model_version: version,
      run_id: run_id ?? '',
      prediction_hash: 'x',
      sha256,
      day: '20240101',
    },
  });
}

describe('DELETE of a version', () => {
  it('deletes it with its tags; its tracked run stays, and its number is not given again', async () => {
    const { run_id, sha256 } = await importModel(app, churnModel(), { name: 'gone', tags: { a: 'b' } });
    const answer = await remove('/models/gone/versions/1');
    expect([answer.status, answer.text]).toEqual([204, '']);
    expectProblem(await http.get('/models/gone/versions/1'), 404, 'not_found');
    expectProblem(await remove('/models/gone/versions/1'), 404, 'not_found');
    const run = await db.trackedRun.findUniqueOrThrow({
      where: { run_id: run_id ?? '' },
      include: { files: true },
    });
    expect(run.files.map((file) => file.sha256)).toContain(sha256);
    const key = trackedFileKey(run.experiment_id, run.run_id, 'ONNX/model.onnx');
    expect(await db.projection.findFirst({ where: { key } })).toMatchObject({ source: { type: 'artifact' } });
    expect(parseAnswer(RegisteredModel, await http.get('/models/gone')).latest_version).toBeNull();
    expect((await importModel(app, churnModel(), { name: 'gone' })).version).toBe(2);
    expect((await auditOf(db, '/models/gone/versions/1')).at(-1)).toEqual({
      actor: 'anonymous',
      action: 'version.delete',
      before: { model_type: 'ONNX', sha256, run_id, description: null, tags: { a: 'b' } },
      after: null,
      request_id: answer.headers['x-request-id'],
    });
  });

  it('is refused for what is or was promoted', async () => {
    const [first, second] = [
      await registeredVersion(db, store, 'promoted'),
      await registeredVersion(db, store, 'promoted'),
    ];
    await promoteModel(db, first);
    expect(conflict(await remove('/models/promoted/versions/1'))).toBe(
      'version 1 of model promoted cannot be deleted: promotion 1 of promoted is of version 1: what is or was promoted stays',
    );
    await promoteModel(db, second);
    expect(conflict(await remove('/models/promoted/versions/1'))).toContain('promotion 1 of promoted');
    expect(conflict(await remove('/models/promoted/versions/2'))).toContain('promotion 2 of promoted');
  });

  it('is refused for what was asked to be promoted, what an alias names, and what has forecast', async () => {
    const model = await registeredVersion(db, store, 'used');
    await http.put('/models/used/aliases/steady').send({ version: 1 });
    expect(conflict(await remove('/models/used/versions/1'))).toContain('alias steady');
    await http.delete('/models/used/aliases/steady');
    await forecast(model);
    expect(conflict(await remove('/models/used/versions/1'))).toContain('results of 20240101');
    const { id } = await refuse(model);
    expect(conflict(await remove('/models/used/versions/1'))).toContain(id);
    expect((await http.get('/models/used/versions/1')).status).toBe(200);
  });

  it('is refused while the run that trained it goes on', async () => {
    const model = await trainedModel(db, { identifier: 'open' });
    const { pipeline_run_id } = await db.trackedRun.findUniqueOrThrow({ where: { run_id: model.run_id! } });
    expect(conflict(await remove('/models/open/versions/1'))).toContain(
      `pipeline run ${pipeline_run_id}, which trained it, goes on`,
    );
    await cancelRun(db, pipeline_run_id!, caller('tester'));
    expect((await remove('/models/open/versions/1')).status).toBe(204);
  });

  it('may come after the run that trained it was deleted, while something kept the version', async () => {
    const model = await abandonedModel(db, 'orphan');
    await http.put('/models/orphan/aliases/steady').send({ version: 1 });
    const { pipeline_run_id } = await db.trackedRun.findUniqueOrThrow({ where: { run_id: model.run_id! } });
    await deleteRun(db, pipeline_run_id!, caller('tester'));
    await http.delete('/models/orphan/aliases/steady');
    expect((await remove('/models/orphan/versions/1')).status).toBe(204);
  });

  it('may come when it is archived', async () => {
    await registeredVersion(db, store, 'archived');
    await http.post('/models/archived/versions/1/archive');
    expect((await remove('/models/archived/versions/1')).status).toBe(204);
  });

  it.each(['champion', '0', '-1', '1.5', '99999999999', '%00'])(
    'names it by number: not %s',
    async (version) => {
      const answer = await remove(`/models/used/versions/${version}`);
      expect(expectProblem(answer, 400, 'invalid_request').errors).toMatchObject([{ path: 'version' }]);
    },
  );

  it('is not one of something that is not there', async () => {
    expectProblem(await remove('/models/used/versions/9'), 404, 'not_found');
    expectProblem(await remove('/models/nothing/versions/1'), 404, 'not_found');
    expect(await db.pointer.count({ where: { identifier: 'nothing' } })).toBe(0);
  });
});

describe('DELETE of a model', () => {
  it('deletes it with versions, aliases and tags; tracked runs stay', async () => {
    const { run_id } = await importModel(app, churnModel(), { name: 'whole', tags: { a: 'b' } });
    await importModel(app, churnModel(), { name: 'whole' });
    await http.patch('/models/whole').send({ description: 'was good', tags: { c: 'd' } });
    await http.put('/models/whole/aliases/steady').send({ version: 1 });
    await http.post('/models/whole/versions/2/archive');
    const answer = await remove('/models/whole');
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const path of ['', '/versions', '/versions/1', '/aliases'])
      expectProblem(await http.get(`/models/whole${path}`), 404, 'not_found');
    expect(await db.trackedRun.count({ where: { run_id: run_id ?? '' } })).toBe(1);
    const where = { name: 'whole' };
    expect([await db.modelTag.count({ where }), await db.modelVersionTag.count({ where })]).toEqual([0, 0]);
    expect((await auditOf(db, '/models/whole')).at(-1)).toEqual({
      actor: 'anonymous',
      action: 'model.delete',
      before: { description: 'was good', tags: { c: 'd' }, versions: [1, 2], aliases: { steady: 1 } },
      after: null,
      request_id: answer.headers['x-request-id'],
    });
  });

  it('never gives a number again, however often a model of that name is made anew', async () => {
    const name = 'anew';
    for (const numbers of [
      [1, 2],
      [3, 4],
      [5, 6],
    ]) {
      await http.post('/models').send({ name });
      for (const version of numbers)
        expect((await importModel(app, churnModel(), { name })).version).toBe(version);
      expect((await remove(`/models/${name}`)).status).toBe(204);
    }
    // Without versions, twice.
    for (let i = 0; i < 2; i++) {
      await http.post('/models').send({ name });
      await remove(`/models/${name}`);
    }
    const { version } = await trainedModel(db, { identifier: name });
    expect(version).toBe(7);
    const model = parseAnswer(RegisteredModel, await http.get(`/models/${name}`));
    expect(model).toMatchObject({ description: null, tags: {}, latest_version: 7, created_by: 'tester' });
  });

  it('is refused when a version of it is or was promoted, or its promotion was asked for', async () => {
    const version = await registeredVersion(db, store, 'champion');
    const { id } = await refuse(version);
    expect(conflict(await remove('/models/champion'))).toContain(id);
    await promoteModel(db, version);
    await promoteModel(db, await registeredVersion(db, store, 'champion'));
    expect(conflict(await remove('/models/champion'))).toContain('promotion 2 of champion is of version 2');
    expect(parseAnswer(ModelVersion, await http.get('/models/champion/versions/1')).version).toBe(1);
  });

  it('is refused when a version of it has forecast, and while a run of its identifier goes on', async () => {
    const model = await trainedModel(db, { identifier: 'running' });
    expect(conflict(await remove('/models/running'))).toMatch(/pipeline run .* of running goes on/);
    await forecast(model);
    expect(conflict(await remove('/models/running'))).toContain('forecasts of version 1');
  });

  it('may come when it is archived, and then is no obstacle to imports', async () => {
    await importModel(app, churnModel(), { name: 'cleared' });
    await http.post('/models/cleared/archive');
    expect((await remove('/models/cleared')).status).toBe(204);
    expect((await importModel(app, churnModel(), { name: 'cleared' })).version).toBe(2);
    expect(parseAnswer(RegisteredModel, await http.get('/models/cleared')).archived_at).toBeNull();
  });

  it('is not one of something that is not there', async () => {
    expectProblem(await remove('/models/nothing'), 404, 'not_found');
    expectProblem(await remove('/models/a%20b'), 400, 'invalid_request');
    expect(await db.pointer.count({ where: { identifier: 'nothing' } })).toBe(0);
  });
});
