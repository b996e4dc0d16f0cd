import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ModelVersionPage, RegisteredModel } from '../../../src/contracts/registry.js';
import { testApp } from '../../app.js';
import { trainedModel } from '../../factories/promotion.js';
import { registeredVersion } from '../../factories/registered-version.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp();

for (const [name, tags] of [
  ['churn', { team: 'growth', tier: '1' }],
  ['Churn-2', { team: 'growth' }],
  ['house_price', { team: 'sales', tier: '1' }],
  ['house-price', {}],
  ['old', { team: 'growth' }],
] as const)
  await http.post('/models').send({ name, tags });
await http.post('/models/old/archive');
await trainedModel(db, { identifier: 'many', model_type: 'LSTM' });
for (let i = 0; i < 3; i++) await registeredVersion(db, store, 'many');
await http.patch('/models/many/versions/2').send({ tags: { stage: 'trial' } });
await http.patch('/models/many/versions/3').send({ tags: { stage: 'trial', good: '' } });
await http.post('/models/many/versions/4/archive');

const Page = z.object({ items: z.array(z.object({ name: z.string(), version: z.int().optional() })) });
const found = async (path: string, query: object) =>
  parseAnswer(Page, await http.get(path).query(query)).items.map(({ name, version }) => version ?? name);

describe('GET /models', () => {
  it.each([
    [{}, ['Churn-2', 'churn', 'house-price', 'house_price', 'many']],
    [{ archived: 'false' }, ['Churn-2', 'churn', 'house-price', 'house_price', 'many']],
    [{ archived: 'true' }, ['old']],
    [{ archived: 'any' }, ['Churn-2', 'churn', 'house-price', 'house_price', 'many', 'old']],
    [{ tag: 'team' }, ['Churn-2', 'churn', 'house_price']],
    [{ tag: 'team:growth' }, ['Churn-2', 'churn']],
    [{ tag: ['team:growth', 'tier:1'] }, ['churn']],
    [{ tag: 'team:growth', archived: 'any' }, ['Churn-2', 'churn', 'old']],
    [{ tag: 'team:nobody' }, []],
    [{ name_contains: 'CHURN' }, ['Churn-2', 'churn']],
    [{ name_contains: 'e_p' }, ['house_price']],
    [{ name_contains: '-' }, ['Churn-2', 'house-price']],
    [{ name_contains: '.' }, []],
    [{ name_contains: 'churn', tag: 'tier' }, ['churn']],
  ])('with %j shows %j', async (query, names) => {
    const listed = await found('/models', query);
    expect(listed).toHaveLength(names.length);
    expect(new Set(listed)).toEqual(new Set(names));
  });

  it('keeps its filters from page to page, and refuses a cursor of other ones', async () => {
    const query = { tag: 'team', limit: 1 };
    const seen: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const answer = await http.get('/models').query({ ...query, ...(cursor !== '' && { cursor }) });
      const page = parseAnswer(Page.extend({ next_cursor: z.string().nullable() }), answer);
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.next_cursor;
      if (cursor === null) continue;
      expectProblem(await http.get('/models').query({ limit: 1, cursor }), 400, 'invalid_request');
      expectProblem(await http.get('/models').query({ ...query, archived: 'any', cursor }), 400);
    }
    expect(seen).toHaveLength(3);
    expect(new Set(seen)).toEqual(new Set(['Churn-2', 'churn', 'house_price']));
  });

  it.each([
    [{ archived: 'yes' }, 'archived'],
    [{ archived: '' }, 'archived'],
    [{ name_contains: '' }, 'name_contains'],
    [{ name_contains: '%' }, 'name_contains'],
    [{ name_contains: 'a'.repeat(101) }, 'name_contains'],
    [{ tag: '' }, 'tag.0'],
    [{ tag: 'a b' }, 'tag.0'],
    [{ tag: 'a:\0' }, 'tag.0'],
  ])('refuses %j and names %s', async (query, path) => {
    const { errors } = expectProblem(await http.get('/models').query(query), 400, 'invalid_request');
    expect(errors).toMatchObject([{ path }]);
  });
});

describe('GET /models/{name}/versions', () => {
  it.each([
    [{}, [3, 2, 1]],
    [{ archived: 'true' }, [4]],
    [{ archived: 'any' }, [4, 3, 2, 1]],
    [{ tag: 'stage:trial' }, [3, 2]],
    [{ tag: ['stage', 'good:'] }, [3]],
    [{ model_type: 'LSTM' }, [1]],
    [{ model_type: 'ONNX' }, [3, 2]],
    [{ model_type: 'ONNX', archived: 'any', limit: 2 }, [4, 3]],
    [{ model_type: 'PROPHET' }, []],
  ])('with %j shows %j', async (query, numbers) => {
    expect(await found('/models/many/versions', query)).toEqual(numbers);
  });

  it('goes on behind a page with the same filters', async () => {
    const first = await http.get('/models/many/versions').query({ model_type: 'ONNX', limit: 1 });
    const cursor = parseAnswer(ModelVersionPage, first).next_cursor;
    expect(await found('/models/many/versions', { model_type: 'ONNX', limit: 1, cursor })).toEqual([2]);
    expectProblem(await http.get('/models/many/versions').query({ limit: 1, cursor }), 400);
  });

  it.each([
    [{ model_type: 'NAIVE' }, 'model_type'],
    [{ archived: 'maybe' }, 'archived'],
    [{ tag: ':x' }, 'tag.0'],
  ])('refuses %j and names %s', async (query, path) => {
    const answer = await http.get('/models/many/versions').query(query);
    expect(expectProblem(answer, 400, 'invalid_request').errors).toMatchObject([{ path }]);
  });

  it('of an archived model are still there, and none are no error', async () => {
    expect(await found('/models/old/versions', {})).toEqual([]);
    expectProblem(await http.get('/models/nothing/versions'), 404, 'not_found');
  });
});

it('the newest version of a model is the newest that is not archived', async () => {
  const model = parseAnswer(RegisteredModel, await http.get('/models/many'));
  expect(model.latest_version).toBe(3);
});
