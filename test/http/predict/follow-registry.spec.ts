import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PredictAnswer } from '../../../src/contracts/predict.js';
import { testApp } from '../../app.js';
import { churnModel } from '../../factories/foreign-models.js';
import { importedModel } from '../../factories/imported-model.js';
import { promoteModel } from '../../factories/promotion.js';
import { columnNames, hour, storedModel } from '../../factories/served-model.js';
import { eventually } from '../../integration/eventually.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const gateway = await testApp();
const { http, db, store } = gateway;
/** Another gateway on the same database and store. */
const replica = await testApp({ databaseUrl: gateway.databaseUrl, store });

const time = Array.from({ length: 4 }, (_, row) => new Date(Date.UTC(2024, 5, 1) + row * hour).toISOString());
const data = { time, ...Object.fromEntries(columnNames.map((name) => [name, [1, 2, 3, 4]])) };
const ask = (route: object, on = http) => on.post('/predict').send({ ...route, data });
async function answered(route: object, on = http) {
  const answer = await ask(route, on);
  expect(answer.status, answer.text).toBe(200);
  const { model_version, predictions } = parseAnswer(PredictAnswer, answer);
  return { model_version, down: predictions[0]?.down };
}
/** Models of which version n forecasts n. */
async function versions(identifier: string, count: number) {
  const made = [];
  for (let version = 1; version <= count; version++)
    made.push((await storedModel(db, store, { identifier, always: version })).version);
  return made;
}
const put = (name: string, alias: string, version: number) =>
  http.put(`/models/${name}/aliases/${alias}`).send({ version });
const Index = z.array(z.object({ name: z.string(), version: z.string() }));
const loadedOf = async (name: string, on = http) =>
  parseAnswer(Index, await on.post('/v2/repository/index'))
    .filter((model) => model.name === name)
    .map(({ version }) => version);

describe('an alias', () => {
  it('that moves is followed by every gateway, and no request fails meanwhile', async () => {
    const identifier = 'moving';
    await versions(identifier, 2);
    await put(identifier, 'candidate', 1);
    const route = { identifier, alias: 'candidate' };
    for (const on of [http, replica.http])
      expect(await answered(route, on)).toEqual({ model_version: 1, down: 1 });
    for (const version of [2, 1, 2, 1]) {
      await put(identifier, 'candidate', version);
      for (const on of [http, replica.http])
        await eventually(`version ${version} answers`, async () => {
          const { model_version, down } = await answered(route, on);
          expect(down).toBe(model_version);
          return model_version === version;
        });
    }
  });

  it('that is deleted leads nowhere, and what nobody else asks for is unloaded', async () => {
    const identifier = 'deleted';
    await versions(identifier, 1);
    await put(identifier, 'candidate', 1);
    const route = { identifier, alias: 'candidate' };
    for (const on of [http, replica.http]) await answered(route, on);
    await http.delete(`/models/${identifier}/aliases/candidate`);
    for (const on of [http, replica.http]) {
      await eventually('nobody answers', async () => (await ask(route, on)).status === 404);
      await eventually('it is unloaded', async () => (await loadedOf(identifier, on)).length === 0);
    }
    expect(expectProblem(await ask(route), 404).detail).toBe('model deleted has no alias candidate');
  });
});

describe('an archived version', () => {
  it('does not answer by its number, its session goes, and it answers again when it is restored', async () => {
    const identifier = 'archived';
    await versions(identifier, 2);
    const route = { identifier, model_version: 1 };
    for (const on of [http, replica.http]) {
      await answered(route, on);
      await answered({ identifier, model_version: 2 }, on);
    }
    await http.post(`/models/${identifier}/versions/1/archive`);
    for (const on of [http, replica.http]) {
      await eventually('nobody answers', async () => (await ask(route, on)).status === 404);
      await eventually('only the other one is loaded', async () => {
        const loaded = await loadedOf(identifier, on);
        return loaded.length === 1 && loaded[0] === '2';
      });
      expect(expectProblem(await ask(route, on), 404, 'not_found').detail).toBe(
        'version 1 of model archived is archived: restore it first (POST /models/archived/versions/1/restore)',
      );
      expect(await answered({ identifier, model_version: 2 }, on)).toEqual({ model_version: 2, down: 2 });
    }
    await http.post(`/models/${identifier}/versions/1/restore`);
    for (const on of [http, replica.http])
      expect(await answered(route, on)).toEqual({ model_version: 1, down: 1 });
  });

  it('does not answer for its configuration either, of which it was the newest promotion', async () => {
    const identifier = 'configured';
    const config_hash = 'a'.repeat(64);
    const first = await storedModel(db, store, { identifier, config_hash, always: 1 });
    const second = await storedModel(db, store, { identifier, always: 2 });
    await promoteModel(db, first.version);
    expect(await answered({ identifier, config_hash })).toEqual({ model_version: 1, down: 1 });
    await promoteModel(db, second.version);
    expect((await http.post(`/models/${identifier}/versions/1/archive`)).status).toBe(200);
    await eventually('nobody answers', async () => (await ask({ identifier, config_hash })).status === 404);
    expect(expectProblem(await ask({ identifier, config_hash }), 404).detail).toContain('is archived');
    expect(await answered({ identifier })).toEqual({ model_version: 2, down: 2 });
  });

  it('is not shown by the inference protocol, which says what became of it', async () => {
    const name = 'protocol';
    await importedModel(db, store, name, churnModel());
    await importedModel(db, store, name, churnModel());
    await http.post(`/models/${name}/versions/1/archive`);
    for (const answer of [
      await http.get(`/v2/models/${name}/versions/1`),
      await http.post(`/v2/repository/models/${name}/load`).send({ parameters: { version: '1' } }),
      await http.post(`/v2/repository/models/${name}/unload`).send({ parameters: { version: '1' } }),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.text).toContain('version 1 of model protocol is archived');
      expect(answer.text).toContain('there is version 2');
    }
    const other = await http.get(`/v2/models/${name}/versions/2`);
    expect(other.body).toMatchObject({ versions: ['2'] });
    await http.post('/models').send({ name: 'empty' });
    expect((await http.get('/v2/models/empty/versions/1')).text).toContain(
      'model empty has no version 1; it has no versions yet',
    );
    await http.post(`/models/${name}/versions/2/archive`);
    const none = await http.get(`/v2/models/${name}`);
    expect([none.status, none.text]).toEqual([
      404,
      expect.stringContaining('is promoted; all of its versions are archived'),
    ]);
  });
});

it('a version that is deleted does not answer, nor does one of a model that is deleted and made anew', async () => {
  const identifier = 'gone';
  const [model] = await versions(identifier, 2);
  await db.pipelineRun.updateMany({ where: { identifier }, data: { state: 'CANCELED' } });
  const route = (model_version: number) => ({ identifier, model_version });
  for (const version of [1, 2]) await answered(route(version));
  expect((await http.delete(`/models/${identifier}/versions/1`)).status).toBe(204);
  await eventually('nobody answers', async () => (await ask(route(1))).status === 404);
  expect((await http.delete(`/models/${identifier}`)).status).toBe(204);
  await eventually('nobody answers', async () => (await ask(route(2))).status === 404);
  await eventually('nothing is loaded', async () => (await loadedOf(identifier)).length === 0);
  await storedModel(db, store, { identifier, always: 7 });
  expect(expectProblem(await ask(route(model!.version)), 404).detail).toContain('there is no version 1');
  expect(await answered(route(3))).toEqual({ model_version: 3, down: 7 });
});

it('news that was missed is made up for', async () => {
  const identifier = 'missed';
  await versions(identifier, 2);
  const route = { identifier, model_version: 1 };
  await answered(route);
  await db.modelVersion.update({
    where: { name_version: { name: identifier, version: 1 } },
    data: { archived_at: new Date() },
  });
  await eventually('nobody answers', async () => (await ask(route)).status === 404);
});
