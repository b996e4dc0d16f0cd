import { describe, expect, it } from 'vitest';
import { ModelAlias, ModelAliasPage } from '../../../src/contracts/model-alias.js';
import { RegisteredModel } from '../../../src/contracts/registry.js';
import { testApp } from '../../app.js';
import { auditOf } from '../../audit-of.js';
import { promoteModel } from '../../factories/promotion.js';
import { registeredVersion } from '../../factories/registered-version.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp();
for (let i = 0; i < 3; i++) await registeredVersion(db, store, 'churn');

const put = (alias: string, body: object, name = 'churn') =>
  http.put(`/models/${name}/aliases/${alias}`).send(body);
const aliasesOf = async (name: string) =>
  parseAnswer(RegisteredModel, await http.get(`/models/${name}`)).aliases;

describe('an alias', () => {
  it('is made, moved, found and deleted', async () => {
    const made = await put('candidate', { version: 1 });
    expect(made.status).toBe(201);
    expect(parseAnswer(ModelAlias, made)).toEqual({ alias: 'candidate', version: 1 });
    const moved = await put('candidate', { version: 3 });
    expect(moved.status).toBe(200);
    expect(parseAnswer(ModelAlias, moved)).toEqual({ alias: 'candidate', version: 3 });
    const byAlias = await http.get('/models/churn/versions/candidate');
    expect(byAlias.text).toBe((await http.get('/models/churn/versions/3')).text);
    expect(await aliasesOf('churn')).toEqual({ candidate: 3 });
    const deleted = await http.delete('/models/churn/aliases/candidate');
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expectProblem(await http.get('/models/churn/versions/candidate'), 404, 'not_found');
    expect(expectProblem(await http.delete('/models/churn/aliases/candidate'), 404).detail).toBe(
      'model churn has no alias candidate',
    );
    expect((await http.get('/models/churn/versions/3')).status).toBe(200);
  });

  it('leaves in the audit log what it led to, and nothing when it stays where it is', async () => {
    const answers = [
      await put('told', { version: 1 }),
      await put('told', { version: 2 }),
      await put('told', { version: 2 }),
      await http.delete('/models/churn/aliases/told'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 204]);
    const [made, moved, , deleted] = answers.map(({ headers }) => headers['x-request-id'] as string);
    const actor = 'anonymous';
    expect(await auditOf(db, '/models/churn/aliases/told')).toEqual([
      { actor, action: 'alias.set', before: null, after: { version: 1 }, request_id: made },
      { actor, action: 'alias.set', before: { version: 1 }, after: { version: 2 }, request_id: moved },
      { actor, action: 'alias.delete', before: { version: 2 }, after: null, request_id: deleted },
    ]);
  });

  it.each(['a', '_', '-', 'v', 'vv1', 'version-1', '2nd', 'Latest1', 'a'.repeat(255)])(
    'may be called %s',
    async (alias) => {
      expect((await put(alias, { version: 1 })).status).toBe(201);
      expect(await http.delete(`/models/churn/aliases/${alias}`)).toMatchObject({ status: 204 });
    },
  );

  it.each([
    '1',
    '007',
    '-1',
    'v1',
    'V22',
    'latest',
    'LATEST',
    'a b',
    'a.b',
    'ä',
    'a%2Fb',
    '%00',
    'a'.repeat(256),
  ])('may not be called %s', async (alias) => {
    for (const answer of [
      await put(alias, { version: 1 }),
      await http.delete(`/models/churn/aliases/${encodeURI(decodeURI(alias))}`),
    ]) {
      expect(expectProblem(answer, 400, 'invalid_request').errors).toMatchObject([{ path: 'alias' }]);
    }
  });

  it.each([
    [{}, 'version'],
    [{ version: 0 }, 'version'],
    [{ version: '1' }, 'version'],
    [{ version: 1.5 }, 'version'],
    [{ version: 2_147_483_648 }, 'version'],
    [{ version: 1, alias: 'b' }, ''],
    [[], ''],
  ])('is refused for %j: the answer names %j', async (body, path) => {
    expect(expectProblem(await put('wrong', body), 400, 'invalid_request').errors).toMatchObject([{ path }]);
  });

  it('leads to no version that is not there', async () => {
    expect(expectProblem(await put('a', { version: 9 }), 404, 'not_found').detail).toBe(
      'there is no version 9 of model churn',
    );
    expectProblem(await put('a', { version: 1 }, 'nothing'), 404, 'not_found');
    expect(await db.pointer.count({ where: { identifier: 'nothing' } })).toBe(0);
    expectProblem(await http.delete('/models/nothing/aliases/a'), 404, 'not_found');
  });

  it('may be one of 100', async () => {
    await registeredVersion(db, store, 'popular');
    await db.modelAlias.createMany({
      data: Array.from({ length: 99 }, (_, i) => ({ name: 'popular', alias: `a-${i}`, version: 1 })),
    });
    expect((await put('last', { version: 1 }, 'popular')).status).toBe(201);
    expect(expectProblem(await put('more', { version: 1 }, 'popular'), 409).detail).toContain('100 aliases');
    expect((await put('last', { version: 1 }, 'popular')).status).toBe(200);
  });
});

describe('champion', () => {
  it('moves by promotions alone: the answer says how', async () => {
    const version = await registeredVersion(db, store, 'promoted');
    await registeredVersion(db, store, 'promoted');
    for (const set of [false, true]) {
      if (set) await promoteModel(db, version);
      for (const answer of [
        await put('champion', { version: 2 }, 'promoted'),
        await http.delete('/models/promoted/aliases/champion'),
      ])
        expect(expectProblem(answer, 409, 'conflict').detail).toContain('POST /promotions');
    }
    expect(await aliasesOf('promoted')).toEqual({ champion: 1 });
  });
});

describe('the aliases of a model', () => {
  it('are listed by name, in pages', async () => {
    await registeredVersion(db, store, 'listed');
    for (const alias of ['b', 'a', 'c']) await put(alias, { version: 1 }, 'listed');
    const first = parseAnswer(ModelAliasPage, await http.get('/models/listed/aliases?limit=2'));
    expect(first.items).toEqual([
      { alias: 'a', version: 1 },
      { alias: 'b', version: 1 },
    ]);
    const rest = await http.get('/models/listed/aliases').query({ limit: 2, cursor: first.next_cursor });
    expect(parseAnswer(ModelAliasPage, rest)).toEqual({
      items: [{ alias: 'c', version: 1 }],
      next_cursor: null,
    });
    expectProblem(await http.get('/models/churn/aliases').query({ cursor: first.next_cursor }), 400);
  });

  it('may be none, but of a model', async () => {
    await registeredVersion(db, store, 'plain');
    expect((await http.get('/models/plain/aliases')).body).toEqual({ items: [], next_cursor: null });
    expectProblem(await http.get('/models/nothing/aliases'), 404, 'not_found');
    expectProblem(await http.get('/models/a%20b/aliases'), 400, 'invalid_request');
  });
});
