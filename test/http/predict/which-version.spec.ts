import { beforeAll, describe, expect, it } from 'vitest';
import { PredictAnswer, RecordSchema } from '../../../src/contracts/predict.js';
import { testApp } from '../../app.js';
import { echoModel, houseModel } from '../../factories/column-models.js';
import { importedModel } from '../../factories/imported-model.js';
import { promoteModel } from '../../factories/promotion.js';
import { eventually } from '../../integration/eventually.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp();
const identifier = 'versions';

beforeAll(async () => {
  const first = await importedModel(db, store, identifier, houseModel());
  await importedModel(db, store, identifier, echoModel({ other: 'FP32' }));
  await importedModel(db, store, identifier, houseModel());
  await promoteModel(db, first);
  await alias('candidate', 3);
});

const alias = (name: string, version: number) =>
  db.modelAlias.upsert({
    where: { name_alias: { name: identifier, alias: name } },
    create: { name: identifier, alias: name, version },
    update: { version },
  });

const records = [{ area: 1, rooms: 1, other: 1 }];
const answeredBy = async (route: object) => {
  const answer = await http.post('/predict').send({ identifier, records, ...route });
  expect(answer.status, answer.text).toBe(200);
  return parseAnswer(PredictAnswer, answer).model_version;
};

describe('the model that answers', () => {
  it('is the promoted one, a version, or what an alias names', async () => {
    expect(await answeredBy({})).toBe(1);
    expect(await answeredBy({ model_version: 2 })).toBe(2);
    expect(await answeredBy({ model_version: 3 })).toBe(3);
    expect(await answeredBy({ alias: 'champion' })).toBe(1);
    expect(await answeredBy({ alias: 'candidate' })).toBe(3);
  });

  it('is another one soon after its alias was moved', async () => {
    await alias('moving', 1);
    expect(await answeredBy({ alias: 'moving' })).toBe(1);
    await alias('moving', 3);
    await eventually('it is moved', async () => (await answeredBy({ alias: 'moving' })) === 3);
  });

  it.each([
    [{ model_version: 4 }, `there is no version 4 of model ${identifier}`],
    [{ model_version: 2_147_483_647 }, 'there is no version 2147483647'],
    [{ alias: 'nobody' }, `model ${identifier} has no alias nobody`],
    [{ identifier: 'unknown', alias: 'champion' }, 'model unknown has no alias champion'],
  ])('is not found for %j', async (route, message) => {
    const answer = await http.post('/predict').send({ identifier, records, ...route });
    expect(expectProblem(answer, 404, 'not_found').detail).toContain(message);
  });
});

describe('a request', () => {
  const hash = '0'.repeat(64);
  it.each([
    [
      'a version and an alias',
      { identifier, model_version: 1, alias: 'a' },
      'model_version',
      'model_version or alias, not both',
    ],
    [
      'a version and a configuration',
      { identifier, model_version: 1, config_hash: hash },
      'model_version',
      'model_version or config_hash, not both',
    ],
    [
      'an alias and a configuration',
      { identifier, alias: 'a', config_hash: hash },
      'alias',
      'alias or config_hash, not both',
    ],
    ['a version of nothing', { model_version: 1 }, 'model_version', 'model_version needs an identifier'],
    ['an alias of nothing', { alias: 'a' }, 'alias', 'alias needs an identifier'],
    ['a version 0', { identifier, model_version: 0 }, 'model_version', '>=1'],
    [
      'a version that no database holds',
      { identifier, model_version: 2_147_483_648 },
      'model_version',
      '<=2147483647',
    ],
    ['an empty alias', { identifier, alias: '' }, 'alias', '>=1'],
    ['an alias that no database holds', { identifier, alias: 'a\0' }, 'alias', 'zero character'],
  ])('is refused for %s, in the body and in the query', async (_what, route, path, message) => {
    const expected = [{ path, message: expect.stringContaining(message) }];
    const asked = await http.post('/predict').send({ ...route, records });
    expect(expectProblem(asked, 400, 'invalid_request').errors).toEqual(expected);
    const described = await http.get('/predict/schema').query(route);
    expect(expectProblem(described, 400, 'invalid_request').errors).toEqual(expected);
  });

  it('is refused for a version that is no whole number', async () => {
    for (const model_version of [1.5, '1', null, true]) {
      const answer = await http.post('/predict').send({ identifier, records, model_version });
      expect(expectProblem(answer, 400).errors).toMatchObject([{ path: 'model_version' }]);
    }
    const query = await http.get('/predict/schema').query({ identifier, model_version: '1.5' });
    expect(expectProblem(query, 400).errors).toMatchObject([{ path: 'model_version' }]);
  });
});

it('shows the schema of that version, with an example that leads to it', async () => {
  const schemaOf = async (route: object) =>
    parseAnswer(RecordSchema, await http.get('/predict/schema').query({ identifier, ...route }));
  for (const route of [{ model_version: 2 }, { alias: 'candidate' }]) {
    const { model_version, example } = await schemaOf(route);
    expect(example).toMatchObject({ identifier, ...route });
    const answer = await http.post('/predict').send(example);
    expect(parseAnswer(PredictAnswer, answer).model_version).toBe(model_version);
  }
  expect((await schemaOf({ model_version: 2 })).columns).toEqual([{ name: 'other', datatype: 'FP32' }]);
});
