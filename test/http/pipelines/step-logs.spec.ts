import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { RunLogPage } from '../../../src/contracts/run-event.js';
import { testApp } from '../../app.js';
import { say } from '../../factories/log-lines.js';
import { newSelftest } from '../../factories/run.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db } = await testApp();
const logs = async (runId: string, step: string, query = '') =>
  parseAnswer(RunLogPage, await http.get(`/pipeline-runs/${runId}/steps/${step}/logs${query}`));

it('shows what all attempts of a step said, oldest first, also when the run has ended', async () => {
  const run = await newSelftest(db);
  const first = await run.claim('first', 'host:1');
  await say(db, first.lease, 'one', 'two');
  await first.fail();
  const second = await run.claim('first', 'host:2');
  await say(db, second.lease, 'three');
  await second.fail({ permanent: true });
  const { items, next_cursor } = await logs(run.id, 'first');
  expect(next_cursor).toBeNull();
  expect(
    items.map(({ attempt, level, message }) => `${attempt} ${level} ${message.split(' after ')[0]}`),
  ).toEqual([
    '1 info attempt 1 started on host:1',
    '1 info one',
    '1 info two',
    '1 warn attempt 1 failed',
    '2 info attempt 2 started on host:2',
    '2 info three',
    '2 error attempt 2 failed',
  ]);
  const numbers = items.map(({ number }) => number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect((await logs(run.id, 'first', '?attempt=2')).items).toEqual(items.slice(4));
  expect((await logs(run.id, 'first', '?attempt=3')).items).toEqual([]);
  expect((await logs(run.id, 'left')).items).toEqual([]);
});

it.each([1, 7, 200])('gives each line once in pages of %i, while more are written', async (limit) => {
  const run = await newSelftest(db);
  const { lease } = await run.claim('first');
  await say(db, lease, ...Array.from({ length: 44 }, (_, i) => `line ${i}`));
  const seen: string[] = [];
  let cursor = '';
  for (let pages = 0; ; pages++) {
    const { items, next_cursor } = await logs(run.id, 'first', `?limit=${limit}${cursor}`);
    if (pages === 0) await say(db, lease, 'later');
    seen.push(...items.map(({ message }) => message));
    if (next_cursor === null) break;
    cursor = `&cursor=${next_cursor}`;
  }
  const lines = Array.from({ length: 44 }, (_, i) => `line ${i}`);
  expect(seen.slice(1)).toEqual(limit === 200 ? lines : [...lines, 'later']);
});

it('does not know runs and steps that are not there', async () => {
  const run = await newSelftest(db);
  const get = (path: string) => http.get(`/pipeline-runs/${path}`);
  expect(expectProblem(await get(`${run.id}/steps/train/logs`), 404, 'not_found').detail).toContain(
    '"train"',
  );
  expectProblem(await get(`${randomUUID()}/steps/first/logs`), 404, 'not_found');
  expectProblem(await get(`17/steps/first/logs`), 400, 'invalid_request');
  expectProblem(await get(`${run.id}/steps/%00/logs`), 400, 'invalid_request');
});

it.each([
  ['attempt=0', 'attempt'],
  ['attempt=one', 'attempt'],
  ['attempt=1&attempt=2', 'attempt'],
  ['attempt=9999999999', 'attempt'],
  ['limit=201', 'limit'],
  ['cursor=abc', 'cursor'],
  [`cursor=${Buffer.from('{"number":"1"}').toString('base64url')}`, 'cursor'],
  [`cursor=${Buffer.from('{"number":99999999999}').toString('base64url')}`, 'cursor'],
])('refuses %s', async (query, path) => {
  const run = await newSelftest(db);
  const answer = await http.get(`/pipeline-runs/${run.id}/steps/first/logs?${query}`);
  const { errors } = expectProblem(answer, 400, 'invalid_request');
  expect(errors?.map((error) => error.path)).toEqual([path]);
});
