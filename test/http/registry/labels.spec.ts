import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testApp } from '../../app.js';
import { auditOf } from '../../audit-of.js';
import { registeredVersion } from '../../factories/registered-version.js';
import { openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp();

const Labelled = z.object({
  description: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  updated_at: z.date(),
});
const labels = (answer: { text: string }) => {
  const { description, tags } = parseAnswer(Labelled, answer);
  return { description, tags };
};
const many = (count: number, prefix = 'tag') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}-${i}`, String(i)]));

const resources = [
  {
    what: 'a model',
    action: 'model.update',
    make: async (name: string) => {
      await http.post('/models').send({ name });
      return `/models/${name}`;
    },
    hold: (path: string) =>
      openTransaction(db, async (tx) => {
        await tx.$queryRaw`select 1 from registered_models where name = ${path.split('/')[2]} for update`;
      }),
    missing: ['/models/nothing'],
  },
  {
    what: 'a version',
    action: 'version.update',
    make: async (name: string) => {
      await registeredVersion(db, store, name);
      return `/models/${name}/versions/1`;
    },
    hold: (path: string) =>
      openTransaction(db, async (tx) => {
        await tx.$queryRaw`select 1 from model_versions where name = ${path.split('/')[2]} for update`;
      }),
    missing: ['/models/nothing/versions/1', '/models/v-kept/versions/2'],
  },
] as const;

describe.each(resources)('the labels of $what', ({ what, action, make, hold, missing }) => {
  const prefix = what === 'a model' ? 'm' : 'v';
  const patch = (path: string, body: object) => http.patch(path).send(body);

  it('are changed where they are named, and stay as they are otherwise', async () => {
    const path = await make(`${prefix}-kept`);
    await patch(path, { description: 'first', tags: { team: 'energy', draft: '', site: 'north' } });
    const answer = await patch(path, { tags: { team: 'water', draft: null, 'a/b.c': 'x:y', gone: null } });
    expect(answer.status).toBe(200);
    const tags = { 'a/b.c': 'x:y', site: 'north', team: 'water' };
    expect(labels(answer)).toEqual({ description: 'first', tags });
    expect(labels(await patch(path, { description: 'second' }))).toEqual({ description: 'second', tags });
    expect(labels(await patch(path, { description: null }))).toEqual({ description: null, tags });
    expect(labels(await patch(path, { description: '', tags: {} }))).toEqual({ description: '', tags });
    expect(labels(await http.get(path))).toEqual({ description: '', tags });
  });

  it('leave in the audit log what was different before, and nothing when nothing was', async () => {
    const path = await make(`${prefix}-audited`);
    const answer = await patch(path, { description: 'who leaves', tags: { a: '1', b: '2', gone: null } });
    const { updated_at: before } = parseAnswer(Labelled, answer);
    const again = await patch(path, { description: 'who leaves', tags: { a: '1', gone: null } });
    expect(parseAnswer(Labelled, again).updated_at).toEqual(before);
    await patch(path, {});
    const last = await patch(path, { tags: { a: '3', b: null } });
    expect(parseAnswer(Labelled, last).updated_at.getTime()).toBeGreaterThan(before.getTime());
    const entries = (await auditOf(db, path)).filter((entry) => entry.action === action);
    expect(entries).toEqual([
      {
        actor: 'anonymous',
        action,
        before: { description: null, tags: { a: null, b: null } },
        after: { description: 'who leaves', tags: { a: '1', b: '2' } },
        request_id: answer.headers['x-request-id'],
      },
      {
        actor: 'anonymous',
        action,
        before: { tags: { a: '1', b: '2' } },
        after: { tags: { a: '3', b: null } },
        request_id: last.headers['x-request-id'],
      },
    ]);
  });

  it('may be 50 tags: all of them can be exchanged at once, and not one more set', async () => {
    const path = await make(`${prefix}-many`);
    await patch(path, { tags: many(50), description: 'before' });
    const refused = await patch(path, { description: 'after', tags: { 'tag-0': 'changed', more: '1' } });
    const { errors, detail } = expectProblem(refused, 400, 'invalid_request');
    expect(errors).toEqual([{ path: 'tags', message: detail }]);
    expect(detail).toContain('51 tags');
    expect(labels(await http.get(path))).toEqual({ description: 'before', tags: many(50) });
    const remove = Object.fromEntries(Object.keys(many(50)).map((key) => [key, null]));
    const exchanged = await patch(path, { tags: { ...remove, ...many(50, 'other') } });
    expect(labels(exchanged).tags).toEqual(many(50, 'other'));
  });

  // Without the lock each of them would count the tags that it sees, and none sees the others'.
  it('changed at once are 50 tags at most: as many are refused as there is no room for', async () => {
    const path = await make(`${prefix}-raced`);
    await patch(path, { tags: many(45) });
    const held = await hold(path);
    const patches = Array.from({ length: 8 }, (_, i) =>
      patch(path, { tags: { [`more-${i}`]: 'x' } }).then(({ status }) => status),
    );
    await waiting(db, 8);
    await held.commit();
    const statuses = await Promise.all(patches);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 400)).toHaveLength(3);
    expect(Object.keys(labels(await http.get(path)).tags)).toHaveLength(50);
  });

  it.each([
    [{ tags: { '': 'x' } }, 'tags.'],
    [{ tags: { 'a b': 'x' } }, 'tags.a b'],
    [{ tags: { _a: 'x' } }, 'tags._a'],
    [{ tags: { a: 1 } }, 'tags.a'],
    [{ tags: { a: 'x'.repeat(501) } }, 'tags.a'],
    [{ tags: { a: '\0' } }, 'tags.a'],
    [{ tags: null }, 'tags'],
    [{ tags: ['a'] }, 'tags'],
    [{ tags: many(101) }, 'tags'],
    [{ description: 'x'.repeat(10_001) }, 'description'],
    [{ description: '\ud800' }, 'description'],
    [{ description: 1 }, 'description'],
    [{ name: 'other' }, ''],
    [{ archived_at: null }, ''],
  ])('are not %j: the answer names %s', async (body, at) => {
    const { errors } = expectProblem(await patch(missing[0], body), 400, 'invalid_request');
    expect(errors?.map((error) => error.path)).toEqual([at]);
  });

  it('are not those of something that is not there', async () => {
    for (const path of missing) expectProblem(await patch(path, { description: 'x' }), 404, 'not_found');
    expectProblem(await patch('/models/a%20b', { description: 'x' }), 400, 'invalid_request');
  });
});

it.each(['champion', '0', '1.0', '-1', '2147483648', '99999999999', '1e3', '%00'])(
  'a version is changed by its number, and %s is none',
  async (version) => {
    const answer = await http.patch(`/models/v-kept/versions/${version}`).send({ description: 'x' });
    const { errors } = expectProblem(answer, 400, 'invalid_request');
    expect(errors).toMatchObject([{ path: 'version' }]);
  },
);
