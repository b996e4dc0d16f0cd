import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RegisteredModel } from '../../../src/contracts/registry.js';
import { testApp } from '../../app.js';
import { auditOf } from '../../audit-of.js';
import { registeredVersion } from '../../factories/registered-version.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp();

const create = (body: object, headers: Record<string, string> = {}) =>
  http.post('/models').set(headers).send(body);
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`tag-${i}`, String(i)]));

describe('POST /models', () => {
  it('registers a model without versions, which is found where its Location says', async () => {
    const answer = await create({
      name: 'churn',
      description: 'who leaves',
      tags: { team: 'growth', 'a/b': '' },
    });
    expect({ status: answer.status, location: answer.headers.location }).toEqual({
      status: 201,
      location: '/models/churn',
    });
    const model = parseAnswer(RegisteredModel, answer);
    expect(model).toEqual({
      name: 'churn',
      description: 'who leaves',
      tags: { 'a/b': '', team: 'growth' },
      latest_version: null,
      aliases: {},
      created_at: expect.any(Date) as Date,
      created_by: 'anonymous',
      updated_at: expect.any(Date) as Date,
      archived_at: null,
    });
    expect((await http.get('/models/churn')).text).toBe(answer.text);
    expect((await http.get('/models/churn/versions')).body).toEqual({ items: [], next_cursor: null });
    expect(await auditOf(db, '/models/churn')).toEqual([
      {
        actor: 'anonymous',
        action: 'model.create',
        before: null,
        after: { description: 'who leaves', tags: { team: 'growth', 'a/b': '' } },
        request_id: answer.headers['x-request-id'],
      },
    ]);
  });

  it('needs no more than a name, and versions of it count from 1', async () => {
    expect((await create({ name: 'bare' })).status).toBe(201);
    await registeredVersion(db, store, 'bare');
    expect(parseAnswer(RegisteredModel, await http.get('/models/bare'))).toMatchObject({
      description: null,
      tags: {},
      latest_version: 1,
    });
  });

  it('is refused for a name that is taken, and changes nothing of what has it', async () => {
    await create({ name: 'taken', description: 'first' });
    const { detail } = expectProblem(await create({ name: 'taken', description: 'second' }), 409, 'conflict');
    expect(detail).toBe('there is a model taken already');
    expect(parseAnswer(RegisteredModel, await http.get('/models/taken')).description).toBe('first');
    expect(await auditOf(db, '/models/taken')).toHaveLength(1);
    await http.post('/models/taken/archive');
    expect(expectProblem(await create({ name: 'taken' }), 409).detail).toContain('it is archived');
  });

  it('asked for several times at once makes one', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 8 }, () => create({ name: 'at-once' }).then(({ status }) => status)),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(7);
  });

  it('under an Idempotency-Key is made once, and a second sending gets the first answer', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const first = await create({ name: 'once' }, key);
    const again = await create({ name: 'once' }, key);
    expect(again.text).toBe(first.text);
    expect({ status: again.status, ...again.headers }).toMatchObject({
      status: 201,
      'idempotency-replayed': 'true',
      location: '/models/once',
    });
    expectProblem(await create({ name: 'twice' }, key), 422, 'unprocessable');
    expect(await auditOf(db, '/models/once')).toHaveLength(1);
  });

  it.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: '../etc' }, 'name'],
    [{ name: 'a b' }, 'name'],
    [{ name: 'current.json' }, 'name'],
    [{ name: 'a'.repeat(101) }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'x', description: 7 }, 'description'],
    [{ name: 'x', description: 'a'.repeat(10_001) }, 'description'],
    [{ name: 'x', description: '\0' }, 'description'],
    [{ name: 'x', tags: { 'a b': '' } }, 'tags.a b'],
    [{ name: 'x', tags: { a: null } }, 'tags.a'],
    [{ name: 'x', tags: { a: '\ud800' } }, 'tags.a'],
    [{ name: 'x', tags: many(51) }, 'tags'],
    [{ name: 'x', version: 3 }, ''],
    [[], ''],
  ])('is refused for %j: the answer names %j', async (body, path) => {
    const { errors } = expectProblem(await create(body), 400, 'invalid_request');
    expect(errors?.map((error) => error.path)).toEqual([path]);
    expect(await db.registeredModel.count({ where: { name: 'x' } })).toBe(0);
  });
});
