import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createCursors } from '../../src/http/cursors.js';
import { sharedSecret } from '../../src/platform/database/shared-secret.js';
import { testApp } from '../app.js';
import { promoteModel, trainedModel } from '../factories/promotion.js';
import { newSelftest } from '../factories/run.js';
import { expectProblem } from './expect-problem.js';

const { http, db, databaseUrl } = await testApp();
/** Another gateway on the same database. */
const other = await testApp({ databaseUrl });

const Page = z.object({ items: z.array(z.unknown()), next_cursor: z.string().nullable() });
const lists = ['/pipeline-runs', '/promotions', '/promotions/current'];
const page = async (list: string, query: object = {}) => {
  const answer = await http.get(list).query({ limit: 1, ...query });
  return Page.parse(answer.body);
};
const cursorOf = async (list: string, query: object = {}) => (await page(list, query)).next_cursor!;
const refused = async (list: string, query: object) => {
  const answer = await http.get(list).query({ limit: 1, ...query });
  const { detail, errors } = expectProblem(answer, 400, 'invalid_request');
  expect(errors?.map(({ path }) => path)).toEqual(['cursor']);
  return detail;
};

beforeAll(async () => {
  for (let i = 0; i < 3; i++) await newSelftest(db);
  for (const identifier of ['c-1', 'c-2', 'c-3']) {
    const model = await trainedModel(db, { identifier });
    await promoteModel(db, model);
    await promoteModel(db, model);
  }
});

describe.each(lists)('a cursor of %s', (list) => {
  it('is good in another gateway, and with pages of another length', async () => {
    const cursor = await cursorOf(list);
    const there = await other.http.get(list).query({ limit: 1, cursor });
    expect(there.status).toBe(200);
    expect(there.body).toEqual((await http.get(list).query({ limit: 1, cursor })).body);
    expect((await page(list, { limit: 200, cursor })).next_cursor).toBeNull();
  });

  it('is refused with any character of it changed, left out or added', async () => {
    const cursor = await cursorOf(list);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const changed = Array.from(cursor, (character, index) => {
      const next = alphabet[(alphabet.indexOf(character) + 1) % alphabet.length]!;
      return cursor.slice(0, index) + next + cursor.slice(index + 1);
    });
    // The last character of a signature stands for four bits; its neighbours decode to the same bytes.
    const last = Array.from(alphabet, (character) => cursor.slice(0, -1) + character);
    const wrong = [
      ...changed,
      ...last.filter((text) => text !== cursor),
      cursor.slice(0, -1),
      `${cursor}=`,
      `${cursor}.`,
      ` ${cursor}`,
      cursor.split('.')[0],
      `.${cursor}`,
      '.',
      '..',
      '',
    ];
    const answers = wrong.map((text) => refused(list, { cursor: text }));
    for (const detail of await Promise.all(answers)) expect(detail).toContain('was changed');
  });

  it('is refused by every other list, which says whose it is', async () => {
    const cursor = await cursorOf(list);
    for (const another of lists.filter((name) => name !== list)) {
      expect(await refused(another, { cursor })).toBe(
        `The cursor is of the list ${list}, and this is ${another}.`,
      );
    }
  });

  it('is refused when another secret signed it', async () => {
    const rows = [{ id: 'a' }, { id: 'b' }];
    const forged = createCursors(randomBytes(32)).pageOf(list, { limit: 1 }, rows, ({ id }) => ({
      value: null,
      id,
    }));
    expect(await refused(list, { cursor: forged.next_cursor })).toContain('none of ours');
  });
});

it('a cursor of promotions is refused with another identifier', async () => {
  for (const [given, asked] of [
    [{}, { identifier: 'c-1' }],
    [{ identifier: 'c-1' }, { identifier: 'c-2' }],
  ]) {
    const cursor = await cursorOf('/promotions', given);
    expect(await refused('/promotions', { ...asked, cursor })).toContain('other filters or another sort');
  }
});

describe('a cursor of runs', () => {
  it.each([
    [{}, { sort: 'created_at' }],
    [{ sort: 'created_at' }, { sort: 'priority' }],
    [{ state: 'PENDING' }, {}],
    [{ state: 'PENDING' }, { state: 'PENDING,RUNNING' }],
    [{ created_after: '2020-01-01T00:00:00Z' }, { created_after: '2020-01-01T00:00:01Z' }],
  ])('that was given for %j is refused for %j', async (given, asked) => {
    const cursor = await cursorOf('/pipeline-runs', given);
    expect(await refused('/pipeline-runs', { ...asked, cursor })).toContain('other filters or another sort');
  });

  it.each([
    [{}, { sort: '-created_at' }],
    [{ state: 'PENDING,RUNNING' }, { state: 'RUNNING,PENDING,RUNNING' }],
    [{ created_after: '2020-01-01T00:00:00Z' }, { created_after: '2020-01-01T01:00:00.000+01:00' }],
  ])('that was given for %j is good for %j, which asks for the same', async (given, asked) => {
    const cursor = await cursorOf('/pipeline-runs', given);
    expect((await page('/pipeline-runs', { ...asked, cursor })).items).toHaveLength(1);
  });
});

// Each gateway that starts first makes one; were the name not unique, each would sign with its own.
it('is signed with one secret, whoever asks for it first', async () => {
  const secrets = await Promise.all(Array.from({ length: 20 }, () => sharedSecret(db, 'first')));
  expect(new Set(secrets.map((secret) => Buffer.from(secret).toString('hex'))).size).toBe(1);
  expect(secrets[0]).toHaveLength(32);
  expect(await sharedSecret(db, 'second')).not.toEqual(secrets[0]);
});
