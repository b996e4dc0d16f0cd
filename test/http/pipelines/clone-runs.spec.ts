import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PipelineRun } from '../../../src/contracts/pipeline-run.js';
import { RunExplanation } from '../../../src/contracts/run-explanation.js';
import { StepCache } from '../../../src/engine/step-cache.js';
import { claimUncached } from '../../../src/engine/claim-step.js';
import { testApp } from '../../app.js';
import { leaseMs } from '../../factories/attempt.js';
import { newRun } from '../../factories/run.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp();
const upload = (key: string) =>
  http.put(`/objects/dataset/${key}`).set('content-type', 'text/csv').send('time,down\n2024-01-01,1\n');
const clone = (id: string, body?: object) => http.post(`/pipeline-runs/${id}/clone`).send(body);
const explain = async (id: string) =>
  parseAnswer(RunExplanation, await http.get(`/pipeline-runs/${id}/explain`));

await upload('first.csv');
await upload('second.csv');

async function original(): Promise<PipelineRun> {
  const parameters = { dataset_name: 'first', identifier: 'cloned', epochs: 4 };
  const body = {
    pipeline: 'forecasting',
    parameters,
    tags: { team: 'energy' },
    note: 'the first',
    priority: 7,
  };
  return parseAnswer(PipelineRun, await http.post('/pipeline-runs').send(body));
}

describe('a clone', () => {
  it('is a run of its own with the same parameters and tags, that names where it is from', async () => {
    const run = await original();
    const answer = await clone(run.id);
    expect(answer.status).toBe(202);
    const copy = parseAnswer(PipelineRun, answer);
    expect(answer.headers.location).toBe(`/pipeline-runs/${copy.id}`);
    expect(copy.id).not.toBe(run.id);
    const { parameters, config_hash, tags, priority } = run;
    expect(copy).toMatchObject({ parameters, config_hash, tags, priority, note: null, cloned_from: run.id });
    expect(run).toMatchObject({ tags: { team: 'energy' }, priority: 7, cloned_from: null });
  });

  it('takes other parameters, tags and a note', async () => {
    const { id, parameters } = await original();
    const overrides = {
      parameters: { epochs: 9 },
      tags: { why: 'longer' },
      note: 'more epochs',
      priority: -1,
    };
    expect(parseAnswer(PipelineRun, await clone(id, overrides))).toMatchObject({
      parameters: { ...parameters, epochs: 9 },
      tags: { why: 'longer' },
      note: 'more epochs',
      priority: -1,
    });
  });

  it('reads the files of another data set when that is what is asked for', async () => {
    const { id, config_hash } = await original();
    const copy = parseAnswer(PipelineRun, await clone(id, { parameters: { dataset_name: 'second' } }));
    expect(copy.parameters).toMatchObject({ dataset_name: 'second', train_file: 'second.csv' });
    expect(copy.config_hash).not.toBe(config_hash);
  });

  it.each([
    ['a wrong value', { parameters: { epochs: 0 } }, 'parameters.epochs'],
    ['a parameter that there is not', { parameters: { epoch: 3 } }, 'parameters'],
    ['a data set that is not there', { parameters: { dataset_name: 'third' } }, 'parameters.dataset_name'],
    ['tags that are none', { tags: { 'a b': 'x' } }, 'tags.a b'],
  ])('is refused with %s, and says where', async (_, overrides, path) => {
    const { id } = await original();
    const before = await db.pipelineRun.count();
    const problem = expectProblem(await clone(id, overrides), 400, 'invalid_request');
    expect(problem.errors?.map((error) => error.path)).toContain(path);
    expect(await db.pipelineRun.count()).toBe(before);
  });

  it('of no run is 404', async () => {
    expectProblem(await clone(randomUUID()), 404, 'not_found');
    expectProblem(await http.get(`/pipeline-runs/${randomUUID()}/explain`), 404, 'not_found');
    expectProblem(await clone('no-id'), 400, 'invalid_request');
  });
});

describe('an explanation', () => {
  it('says of each step why it ran, and what has changed since the run before', async () => {
    const cache = new StepCache(db, store, 'a build');
    const worked = async (identifier: string, given: object) => {
      const parameters = { dataset_name: 'first', identifier, ...given };
      const answer = await http.post('/pipeline-runs').send({ pipeline: 'forecasting', parameters });
      const { id } = parseAnswer(PipelineRun, answer);
      const ref = { run_id: id, step: 'preprocess', attempt: 1 };
      const first = await claimUncached(db, ref, 'worker', leaseMs);
      if (!first || 'lease' in first) throw new Error('it was not asked for');
      const asked = await cache.ask(first.plan, first.context);
      await db.step.update({
        where: { run_id_name: { run_id: id, name: 'preprocess' } },
        data: {
          state: 'SUCCEEDED',
          attempt: 1,
          started_at: new Date(),
          ended_at: new Date(),
          cache_key: asked?.entry.key,
          cache: asked?.entry.record,
        },
      });
      return id;
    };
    const before = await worked('explained', {});
    const id = await worked('explained', { scaler: 'StandardScaler', epochs: 5 });
    const { pipeline_run_id, steps } = await explain(id);
    expect(pipeline_run_id).toBe(id);
    const [preprocess, lstm, , , evaluate] = steps;
    expect(preprocess).toMatchObject({
      step: 'preprocess',
      decision: 'ran',
      compared_with_run_id: before,
      cached_from_run_id: null,
    });
    expect(preprocess?.reason).toMatch(/^changed since the run before: .*scaler/);
    expect(preprocess?.inputs.find(({ name }) => name === 'scaler')).toEqual({
      name: 'scaler',
      value: 'StandardScaler',
      before: 'MinMaxScaler',
      changed: true,
    });
    expect(preprocess?.inputs.find(({ name }) => name === 'train_file')?.changed).toBe(false);
    expect(preprocess?.inputs.map(({ name }) => name)).not.toContain('epochs');
    expect(lstm).toMatchObject({ decision: 'undecided', inputs: [] });
    expect(evaluate?.reason).toContain('it has effects');
  });

  it('of a run that nobody has worked on yet decides nothing', async () => {
    const run = await newRun(db, { identifier: 'waiting' });
    const { steps } = await explain(run.id);
    expect(new Set(steps.map(({ decision }) => decision))).toEqual(new Set(['undecided']));
  });
});
