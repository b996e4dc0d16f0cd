import { expect, it } from 'vitest';
import { z } from 'zod';
import { ModelVersion, ModelVersionPage, RegisteredModel } from '../../../src/contracts/registry.js';
import { testApp } from '../../app.js';
import { churnModel } from '../../factories/foreign-models.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { importModel } from './import-form.js';

const app = await testApp();
const { http, db } = app;

const trained = await trainedModel(db, { identifier: 'pob', model_type: 'LSTM' });
await trainedModel(db, { identifier: 'pob', model_type: 'GRU' });
await promoteModel(db, trained);
for (let i = 0; i < 3; i++) await importModel(app, churnModel(), { name: 'churn' });
await importModel(app, churnModel(), { name: 'Abandon' });

const Listed = z.object({ name: z.string(), version: z.int().optional() });
const Page = z.object({ items: z.array(Listed), next_cursor: z.string().nullable() });

async function pages(path: string): Promise<string[][]> {
  const found: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const answer = await http.get(path).query({ limit: 2, ...(cursor !== '' && { cursor }) });
    const page = parseAnswer(Page, answer);
    found.push(page.items.map(({ name, version }) => (version === undefined ? name : `${name} ${version}`)));
    cursor = page.next_cursor;
  }
  return found;
}

it('lists models by name, in pages', async () => {
  expect(await pages('/models')).toEqual([['Abandon', 'churn'], ['pob']]);
});

it('lists the versions of a model, newest first, in pages', async () => {
  expect(await pages('/models/churn/versions')).toEqual([['churn 3', 'churn 2'], ['churn 1']]);
  expect(await pages('/models/pob/versions')).toEqual([['pob 2', 'pob 1']]);
});

it('refuses a cursor of another model’s list', async () => {
  const { next_cursor } = parseAnswer(ModelVersionPage, await http.get('/models/churn/versions?limit=1'));
  expectProblem(await http.get('/models/pob/versions').query({ limit: 1, cursor: next_cursor }), 400);
});

it('shows a model with its newest version and its aliases', async () => {
  expect(parseAnswer(RegisteredModel, await http.get('/models/pob'))).toMatchObject({
    name: 'pob',
    latest_version: 2,
    aliases: { champion: 1 },
    description: null,
  });
});

it('shows a version that a pipeline trained, without what is known of imported ones', async () => {
  const version = parseAnswer(ModelVersion, await http.get('/models/pob/versions/1'));
  expect(version).toMatchObject({
    model_type: 'LSTM',
    sha256: trained.model_sha256,
    config_hash: trained.config_hash,
    run_id: trained.run_id,
    aliases: ['champion'],
    created_by: 'tester',
    signature: null,
    max_batch: null,
    classes: null,
    opset: null,
    producer: null,
    tags: {},
  });
  expect(version.metrics).toHaveProperty('rmse');
  expect(version.size).toBeGreaterThan(0);
});

it('finds a version by an alias', async () => {
  const byAlias = await http.get('/models/pob/versions/champion');
  expect(byAlias.text).toBe((await http.get('/models/pob/versions/1')).text);
});

it.each([
  ['/models/nothing', 'there is no model nothing'],
  ['/models/nothing/versions', 'there is no model nothing'],
  ['/models/churn/versions/9', 'there is no version 9 of model churn'],
  ['/models/churn/versions/0', 'model churn has no alias 0'],
  ['/models/churn/versions/99999999999', 'has no alias 99999999999'],
  ['/models/churn/versions/champion', 'model churn has no alias champion'],
])('knows nothing of %s', async (path, why) => {
  expect(expectProblem(await http.get(path), 404, 'not_found').detail).toContain(why);
});

it.each([
  '/models/a%20b',
  '/models/churn/versions/a%00b',
  '/models?limit=0',
  '/models/churn/versions?cursor=x',
])('refuses %s', async (path) => {
  expectProblem(await http.get(path), 400, 'invalid_request');
});
