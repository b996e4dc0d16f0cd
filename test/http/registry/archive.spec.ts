import { describe, expect, it } from 'vitest';
import { ModelVersion, RegisteredModel } from '../../../src/contracts/registry.js';
import { testApp } from '../../app.js';
import { auditOf } from '../../audit-of.js';
import { churnModel } from '../../factories/foreign-models.js';
import { promoteModel } from '../../factories/promotion.js';
import { registeredVersion } from '../../factories/registered-version.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { importModel, sendModel } from './import-form.js';

const app = await testApp();
const { http, db, store } = app;

const post = (path: string) => http.post(path);
const conflict = (answer: Parameters<typeof expectProblem>[0]) =>
  expectProblem(answer, 409, 'conflict').detail;
const actions = async (path: string) =>
  (await auditOf(db, path)).map(({ actor, action, before, after }) => ({ actor, action, before, after }));
const promote = (identifier: string, model_version: number) =>
  http.post('/promotions').send({ identifier, model_version, reason: 'because' });

describe('an archived version', () => {
  it('says so, is not listed, and can be restored', async () => {
    const path = '/models/plain/versions/1';
    await registeredVersion(db, store, 'plain');
    const before = parseAnswer(ModelVersion, await http.get(path));
    const answer = await post(`${path}/archive`);
    expect(answer.status).toBe(200);
    const archived = parseAnswer(ModelVersion, answer);
    expect(archived.archived_at).toBeInstanceOf(Date);
    expect((await http.get(path)).text).toBe(answer.text);
    expect((await http.get('/models/plain/versions')).body).toMatchObject({ items: [] });
    const restored = parseAnswer(ModelVersion, await post(`${path}/restore`));
    expect({ ...restored, updated_at: before.updated_at }).toEqual(before);
    expect((await http.get('/models/plain/versions')).body).toMatchObject({ items: [{ version: 1 }] });
  });

  it('may be archived and restored twice: nothing changes the second time', async () => {
    const path = '/models/twice/versions/1';
    await registeredVersion(db, store, 'twice');
    const first = await post(`${path}/archive`);
    expect((await post(`${path}/archive`)).text).toBe(first.text);
    const { archived_at } = first.body as { archived_at: string };
    for (let i = 0; i < 2; i++) expect((await post(`${path}/restore`)).status).toBe(200);
    const actor = 'anonymous';
    expect(await actions(path)).toEqual([
      { actor, action: 'version.archive', before: { archived_at: null }, after: { archived_at } },
      { actor, action: 'version.restore', before: { archived_at }, after: { archived_at: null } },
    ]);
  });

  it('gets no alias', async () => {
    await registeredVersion(db, store, 'unnamed');
    await post('/models/unnamed/versions/1/archive');
    const answer = await http.put('/models/unnamed/aliases/candidate').send({ version: 1 });
    expect(conflict(answer)).toContain('POST /models/unnamed/versions/1/restore');
    await post('/models/unnamed/versions/1/restore');
    expect((await http.put('/models/unnamed/aliases/candidate').send({ version: 1 })).status).toBe(201);
  });

  it('is not promoted, and is again when it is restored', async () => {
    const { run_id } = await importModel(app, churnModel(), { name: 'candidate' });
    await post('/models/candidate/versions/1/archive');
    expect(conflict(await promote('candidate', 1))).toContain('version 1 of model candidate is archived');
    const byRun = await http.post('/promotions').send({ identifier: 'candidate', run_id, reason: 'because' });
    expect(conflict(byRun)).toContain('is archived');
    expect(await db.promotionRequest.count({ where: { identifier: 'candidate' } })).toBe(0);
    await post('/models/candidate/versions/1/restore');
    expect((await promote('candidate', 1)).status).toBe(201);
  });

  it('is none that is promoted, or that an alias names: the answer says which', async () => {
    const first = await registeredVersion(db, store, 'used');
    await registeredVersion(db, store, 'used');
    await promoteModel(db, first);
    expect(conflict(await post('/models/used/versions/1/archive'))).toContain('promotion 1 of used');
    await http.put('/models/used/aliases/steady').send({ version: 2 });
    expect(conflict(await post('/models/used/versions/2/archive'))).toContain('alias steady');
    await http.delete('/models/used/aliases/steady');
    expect((await post('/models/used/versions/2/archive')).status).toBe(200);
    await post('/models/used/versions/2/restore');
    await promoteModel(db, { ...first, version: 2 });
    // What was promoted once may be archived; it is history that stays.
    expect((await post('/models/used/versions/1/archive')).status).toBe(200);
  });

  it.each(['archive', 'restore'])('is one that is there: %s', async (verb) => {
    await registeredVersion(db, store, 'there');
    expectProblem(await post(`/models/there/versions/9/${verb}`), 404, 'not_found');
    expectProblem(await post(`/models/nothing/versions/1/${verb}`), 404, 'not_found');
    expectProblem(await post(`/models/there/versions/champion/${verb}`), 400, 'invalid_request');
    expect(await db.pointer.count({ where: { identifier: 'nothing' } })).toBe(0);
  });
});

describe('an archived model', () => {
  it('says so, is not listed, and can be restored', async () => {
    await http.post('/models').send({ name: 'hidden', tags: { a: 'b' } });
    const before = parseAnswer(RegisteredModel, await http.get('/models/hidden'));
    const answer = await post('/models/hidden/archive');
    expect(answer.status).toBe(200);
    expect(parseAnswer(RegisteredModel, answer).archived_at).toBeInstanceOf(Date);
    const listed = () => http.get('/models').query({ name_contains: 'hidden' });
    expect((await listed()).body).toMatchObject({ items: [] });
    expect((await post('/models/hidden/archive')).text).toBe(answer.text);
    const restored = parseAnswer(RegisteredModel, await post('/models/hidden/restore'));
    expect({ ...restored, updated_at: before.updated_at }).toEqual(before);
    expect((await listed()).body).toMatchObject({ items: [{ name: 'hidden' }] });
    await post('/models/hidden/restore');
    expect((await actions('/models/hidden')).map(({ action }) => action)).toEqual([
      'model.create',
      'model.archive',
      'model.restore',
    ]);
  });

  it('takes no imports', async () => {
    await importModel(app, churnModel(), { name: 'closed' });
    await post('/models/closed/archive');
    const refused = await sendModel(app, churnModel(), { name: 'closed' });
    expect(conflict(refused)).toContain('POST /models/closed/restore');
    await post('/models/closed/restore');
    expect((await importModel(app, churnModel(), { name: 'closed' })).version).toBe(2);
  });

  it('leaves its versions as they are, but for promotions', async () => {
    await importModel(app, churnModel(), { name: 'left' });
    await post('/models/left/archive');
    const version = parseAnswer(ModelVersion, await http.get('/models/left/versions/1'));
    expect(version.archived_at).toBeNull();
    expect((await http.get('/v2/models/left/versions/1/ready')).status).toBe(200);
    expect((await http.put('/models/left/aliases/steady').send({ version: 1 })).status).toBe(201);
    expect(conflict(await promote('left', 1))).toContain('model left is archived');
    expect((await http.patch('/models/left').send({ description: 'was good' })).status).toBe(200);
    await post('/models/left/restore');
    expect((await promote('left', 1)).status).toBe(201);
  });

  it('is none of which a version is promoted: the answer says which', async () => {
    await registeredVersion(db, store, 'busy');
    await promoteModel(db, await registeredVersion(db, store, 'busy'));
    expect(conflict(await post('/models/busy/archive'))).toContain('its version 2 is promoted');
    expect(parseAnswer(RegisteredModel, await http.get('/models/busy')).archived_at).toBeNull();
  });

  it.each(['archive', 'restore'])('is one that is there: %s', async (verb) => {
    expectProblem(await post(`/models/nothing/${verb}`), 404, 'not_found');
    expectProblem(await post(`/models/a%20b/${verb}`), 400, 'invalid_request');
  });
});
