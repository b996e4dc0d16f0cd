import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { DeadLetter, DeadLetterPage } from '../../../src/contracts/dead-letter.js';
import { PipelineRun } from '../../../src/contracts/pipeline-run.js';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { testApp } from '../../app.js';
import { caller } from '../../factories/caller.js';
import { newRun, newSelftest, trainers } from '../../factories/run.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db } = await testApp();
const list = async (query = '') => parseAnswer(DeadLetterPage, await http.get(`/dead-letters${query}`));
const letterOf = async (identifier: string) => {
  const { items } = await list(`?identifier=${identifier}`);
  expect(items).toHaveLength(1);
  return items[0]!;
};
const replay = (id: string) => http.post(`/dead-letters/${id}/replay`);

describe('a step that gave up', () => {
  it('leaves its input, its error and its attempts', async () => {
    const run = await newRun(db, { identifier: 'kept' });
    await (await run.claim('preprocess')).fail();
    expect((await list('?identifier=kept')).items).toEqual([]);
    await (await run.claim('preprocess')).fail({ code: 'invalid_data', message: 'no time', permanent: true });
    const letter = await letterOf('kept');
    expect(letter).toMatchObject({
      pipeline_run_id: run.id,
      pipeline: 'forecasting',
      identifier: 'kept',
      step: 'preprocess',
      kind: 'preprocess',
      input: { identifier: 'kept', train_file: 'series.csv', test_file: null, config_hash: 'c0ffee' },
      error: { code: 'invalid_data', message: 'no time', permanent: true },
      attempts: [
        { number: 1, outcome: 'FAILED' },
        { number: 2, outcome: 'FAILED' },
      ],
      replayed_at: null,
    });
    expect(parseAnswer(DeadLetter, await http.get(`/dead-letters/${letter.id}`))).toEqual(letter);
  });

  it('because its worker died too often is one as well', async () => {
    const run = await newRun(db, { identifier: 'crashing' });
    for (let crashes = 0; crashes < 5; crashes++) await (await run.claim('preprocess')).crash();
    expect((await letterOf('crashing')).error).toMatchObject({ code: 'crashed' });
  });

  it('because the run was canceled is none', async () => {
    const run = await newRun(db, { identifier: 'stopped' });
    const attempt = await run.claim('preprocess');
    await cancelRun(db, run.id, caller('tester'));
    await attempt.fail({ permanent: true });
    expect((await list('?identifier=stopped')).items).toEqual([]);
  });
});

describe('a replay', () => {
  it('runs the step again, with its attempts kept, and closes the letter', async () => {
    const run = await newRun(db, { identifier: 'replayed' });
    await run.fail('preprocess');
    const { id } = await letterOf('replayed');
    const answer = await replay(id);
    expect(answer.status).toBe(202);
    const again = parseAnswer(PipelineRun, answer);
    expect(again).toMatchObject({ id: run.id, state: 'RUNNING' });
    expect(again.steps[0]).toMatchObject({ state: 'QUEUED', attempts: [{ number: 1, outcome: 'FAILED' }] });
    expect((await list('?identifier=replayed')).items).toEqual([]);
    expect((await list('?identifier=replayed&replayed=true')).items.map((letter) => letter.id)).toEqual([id]);
    expectProblem(await replay(id), 409, 'conflict');
    // It gives up again: another letter.
    await run.fail('preprocess');
    expect((await letterOf('replayed')).id).not.toBe(id);
  });

  it('happens once when it is asked for twice at once', async () => {
    const run = await newSelftest(db);
    await run.fail('first');
    const letter = await db.deadLetter.findFirstOrThrow({ where: { run_id: run.id } });
    const answers = await Promise.all([1, 2, 3].map(() => replay(letter.id)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409, 409]);
    expect((await run.step('first')).attempt).toBe(2);
  });

  it('of a run that goes on, or went on without the step, is refused', async () => {
    const run = await newRun(db, { identifier: 'tolerated' });
    await run.succeed('preprocess');
    await run.fail(trainers[0]);
    const { id } = await letterOf('tolerated');
    expectProblem(await replay(id), 409, 'conflict');
    await run.succeed(trainers[1], trainers[2], 'evaluate', 'infer');
    expect(expectProblem(await replay(id), 409, 'conflict').detail).toContain('SUCCEEDED');
  });
});

it('is discarded without a change to its run', async () => {
  const run = await newRun(db, { identifier: 'discarded' });
  await run.fail('preprocess');
  const { id } = await letterOf('discarded');
  expect((await http.delete(`/dead-letters/${id}`)).status).toBe(204);
  expectProblem(await http.get(`/dead-letters/${id}`), 404, 'not_found');
  expectProblem(await http.delete(`/dead-letters/${id}`), 404, 'not_found');
  expectProblem(await replay(id), 404, 'not_found');
  expect((await run.row()).state).toBe('FAILED');
});

describe('the list', () => {
  beforeAll(async () => {
    for (const identifier of ['listed', 'listed', 'listed']) {
      const run = await newRun(db, { identifier });
      await run.succeed('preprocess');
      await run.fail(...trainers);
    }
  });

  it('goes page by page through all of them, newest first', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await list(`?identifier=listed&limit=4${cursor}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor ? `&cursor=${page.next_cursor}` : '';
    } while (cursor !== '');
    expect(seen).toHaveLength(9);
    expect(new Set(seen).size).toBe(9);
  });

  it('is narrowed by kind and pipeline', async () => {
    expect((await list('?identifier=listed&kind=train')).items).toHaveLength(9);
    expect((await list('?identifier=listed&kind=infer')).items).toEqual([]);
    expect((await list('?identifier=listed&pipeline=selftest')).items).toEqual([]);
  });

  it.each(['kind=training', 'replayed=perhaps', 'limit=0', 'cursor=x', 'identifier=.'])(
    'refuses %s',
    async (query) => {
      expectProblem(await http.get(`/dead-letters?${query}`), 400, 'invalid_request');
    },
  );

  it('has no letter under what is no id', async () => {
    expectProblem(await http.get('/dead-letters/17'), 400, 'invalid_request');
    expectProblem(await http.get(`/dead-letters/${randomUUID()}`), 404, 'not_found');
  });
});
