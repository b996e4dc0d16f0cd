import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PipelineRun } from '../../../src/contracts/pipeline-run.js';
import { testApp } from '../../app.js';
import { newSelftest } from '../../factories/run.js';
import { holdRun } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db } = await testApp();

const patch = (id: string, body: object) => http.patch(`/pipeline-runs/${id}`).send(body);
const labels = (answer: { text: string }) => {
  const { tags, note } = parseAnswer(PipelineRun, answer);
  return { tags, note };
};
const get = async (id: string) => labels(await http.get(`/pipeline-runs/${id}`));
const many = (count: number, prefix = 'tag') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}-${i}`, String(i)]));
const labelled = async (tags: object, note: string | null = null) =>
  parseAnswer(PipelineRun, await http.post('/pipeline-runs').send({ pipeline: 'selftest', tags, note })).id;

describe('the labels of a run', () => {
  it('are changed where they are named, and stay as they are otherwise', async () => {
    const id = await labelled({ team: 'energy', draft: '', site: 'north' }, 'first');
    const answer = await patch(id, { tags: { team: 'water', draft: null, 'a/b.c-d_e': 'x:y', gone: null } });
    expect(answer.status).toBe(200);
    const tags = { 'a/b.c-d_e': 'x:y', site: 'north', team: 'water' };
    expect(labels(answer)).toEqual({ tags, note: 'first' });
    expect(labels(await patch(id, { note: 'second' }))).toEqual({ tags, note: 'second' });
    expect(labels(await patch(id, { note: null }))).toEqual({ tags, note: null });
    expect(labels(await patch(id, { note: '', tags: {} }))).toEqual({ tags, note: '' });
    expect(labels(await patch(id, {}))).toEqual({ tags, note: '' });
    expect(await get(id)).toEqual({ tags, note: '' });
  });

  it('find the run again', async () => {
    const id = await labelled({ found: 'no' });
    await patch(id, { tags: { found: 'yes' } });
    const found = async (tag: string) =>
      (await http.get('/pipeline-runs').query({ tag })).body as { items: { id: string }[] };
    expect((await found('found:yes')).items.map((run) => run.id)).toEqual([id]);
    expect((await found('found:no')).items).toEqual([]);
  });

  it('can be changed at any time, and change nothing else of it', async () => {
    const run = await newSelftest(db);
    await run.succeed('first', 'left', 'middle', 'right', 'join', 'last');
    const before = parseAnswer(PipelineRun, await http.get(`/pipeline-runs/${run.id}`));
    const after = parseAnswer(PipelineRun, await patch(run.id, { tags: { kept: 'yes' }, note: 'good' }));
    expect(after).toEqual({ ...before, tags: { kept: 'yes' }, note: 'good' });
  });

  it('may be 50 tags: all of them can be exchanged at once, and not one more set', async () => {
    const id = await labelled(many(50));
    const remove = Object.fromEntries(Object.keys(many(50)).map((key) => [key, null]));
    const { errors, detail } = expectProblem(
      await patch(id, { tags: { more: '1' } }),
      400,
      'invalid_request',
    );
    expect(errors).toEqual([{ path: 'tags', message: detail }]);
    expect(detail).toContain('51 tags');
    expect((await get(id)).tags).toEqual(many(50));
    expect(labels(await patch(id, { tags: { ...remove, ...many(50, 'other') } })).tags).toEqual(
      many(50, 'other'),
    );
  });

  it('are left as they were by a change that is refused, all of them', async () => {
    const id = await labelled(many(50), 'before');
    expectProblem(await patch(id, { note: 'after', tags: { 'tag-0': 'changed', more: '1' } }), 400);
    expect(await get(id)).toEqual({ tags: many(50), note: 'before' });
  });
});

describe('what is refused', () => {
  it.each([
    [{ tags: { '': 'x' } }, 'tags.'],
    [{ tags: { 'a b': 'x' } }, 'tags.a b'],
    [{ tags: { 'a:b': 'x' } }, 'tags.a:b'],
    [{ tags: { _a: 'x' } }, 'tags._a'],
    [{ tags: { a: 1 } }, 'tags.a'],
    [{ tags: { a: 'x'.repeat(501) } }, 'tags.a'],
    [{ tags: { a: '\0' } }, 'tags.a'],
    [{ tags: { a: '\ud800' } }, 'tags.a'],
    [{ tags: null }, 'tags'],
    [{ tags: ['a'] }, 'tags'],
    [{ tags: many(101) }, 'tags'],
    [{ note: 'x'.repeat(10_001) }, 'note'],
    [{ note: '\0' }, 'note'],
    [{ note: 1 }, 'note'],
    [{ priority: 1 }, ''],
    [{ state: 'SUCCEEDED' }, ''],
  ])('%j: the answer names %s', async (body, path) => {
    const id = await labelled({ kept: 'yes' });
    const { errors } = expectProblem(await patch(id, body), 400, 'invalid_request');
    expect(errors?.map((error) => error.path)).toEqual([path]);
    expect((await get(id)).tags).toEqual({ kept: 'yes' });
  });

  it.each([{ tags: { a: '\0' } }, { note: '\0' }, { tags: { a: '\ud800' } }])(
    'text that cannot be stored, of a new run too: %j',
    async (given) => {
      expectProblem(await http.post('/pipeline-runs').send({ pipeline: 'selftest', ...given }), 400);
    },
  );

  it('a run that is not there, and what is no id', async () => {
    expectProblem(await patch(randomUUID(), { note: 'x' }), 404, 'not_found');
    expectProblem(await patch('latest', { note: 'x' }), 400, 'invalid_request');
  });
});

// Without the run's lock each of them would count the tags that it sees, and none sees the others'.
describe('changes at once', () => {
  it('of different tags all stay', async () => {
    const id = await labelled({ first: '1' });
    const held = await holdRun(db, id);
    const patches = Object.entries(many(8)).map(([key, value]) =>
      patch(id, { tags: { [key]: value } }).then(({ status }) => status),
    );
    await waiting(db, 8);
    await held.commit();
    expect(await Promise.all(patches)).toEqual(Array(8).fill(200));
    expect((await get(id)).tags).toEqual({ first: '1', ...many(8) });
  });

  it('of one tag leave one of their values, and no error', async () => {
    const id = await labelled({});
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => patch(id, { tags: { same: String(i) } })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(Object.keys((await get(id)).tags)).toEqual(['same']);
  });

  it('leave 50 tags at most: as many are refused as there is no room for', async () => {
    const id = await labelled(many(45));
    const held = await holdRun(db, id);
    const patches = Array.from({ length: 8 }, (_, i) =>
      patch(id, { tags: { [`more-${i}`]: 'x' } }).then(({ status }) => status),
    );
    await waiting(db, 8);
    await held.commit();
    const statuses = await Promise.all(patches);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 400)).toHaveLength(3);
    expect(Object.keys((await get(id)).tags)).toHaveLength(50);
  });
});
