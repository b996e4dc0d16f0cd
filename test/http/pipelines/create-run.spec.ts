import { describe, expect, it } from 'vitest';
import { defaultScoreWeights } from '../../../src/contracts/score-weights.js';
import { PipelineRun, PipelineRunPage } from '../../../src/contracts/pipeline-run.js';
import { testApp } from '../../app.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, queues } = await testApp();
const away = () => Promise.reject(new Error('the queue is away'));
const withoutQueue = await testApp({ queues: { add: away, depths: away, close: () => Promise.resolve() } });

const create = (body: object) => http.post('/pipeline-runs').send(body);
const forecast = (parameters: object) => create({ pipeline: 'forecasting', parameters });
const upload = (key: string, text = 'time,down\n2024-01-01,1\n') =>
  http.put(`/objects/dataset/${key}`).set('content-type', 'text/csv').send(text);
const depth = async () => Object.values(await queues.depths()).reduce((sum, count) => sum + count, 0);

describe('a run that is asked for', () => {
  it('is accepted with its id, its steps, and a job for those that can begin', async () => {
    const before = await depth();
    const answer = await create({ pipeline: 'selftest' });
    expect(answer.status).toBe(202);
    const run = parseAnswer(PipelineRun, answer);
    expect(answer.headers.location).toBe(`/pipeline-runs/${run.id}`);
    expect(run).toMatchObject({
      pipeline: 'selftest',
      identifier: 'selftest',
      state: 'PENDING',
      parameters: { identifier: 'selftest', step_ms: 0 },
      started_at: null,
      ended_at: null,
      promotion_id: null,
      state_history: [{ state: 'PENDING', actor: 'anonymous' }],
    });
    expect(run.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'first QUEUED',
      'left PENDING',
      'middle PENDING',
      'right PENDING',
      'join PENDING',
      'last PENDING',
    ]);
    expect(run.steps[0]).toMatchObject({ attempts: [], state_history: [{ state: 'QUEUED' }] });
    expect(await depth()).toBe(before + 1);

    const again = await http.get(answer.headers.location ?? '');
    expect(parseAnswer(PipelineRun, again)).toEqual(run);
  });

  it('shows all its parameters, with defaults, and the files it will read', async () => {
    await upload('defaults.csv');
    await upload('defaults_test.csv');
    const run = parseAnswer(PipelineRun, await forecast({ dataset_name: 'defaults' }));
    expect(run.identifier).toBe('run-001');
    expect(run.parameters).toMatchObject({
      dataset_name: 'defaults',
      train_file: 'defaults.csv',
      test_file: 'defaults_test.csv',
      train_test_split: 0.8,
      scaler: 'MinMaxScaler',
      epochs: 10,
      seed: 42,
      inference_length: 10,
      score_weights: defaultScoreWeights,
    });
  });

  it('has the documented configuration hash for PobleSec', async () => {
    await upload('PobleSec.csv');
    await upload('PobleSec_test.csv');
    const hashOf = async (parameters: object) =>
      parseAnswer(PipelineRun, await forecast({ dataset_name: 'PobleSec', ...parameters })).config_hash;
    expect(await hashOf({})).toBe('6ce79cfae0029f0499e5ca7a14f996ee0fe8c7d4f2a4bbf2fe78d3ae6b155ea9');
    const rows = { sample_train_rows: 50, sample_test_rows: 50, sample_strategy: 'head' };
    expect(await hashOf({ ...rows, extra_hash_salt: 'forceInfer1' })).toBe(
      '8999be31be63d86d0bfcd155ea74a56b6192a9dfa2490f077d019571a6deed1f',
    );
    expect(await hashOf(rows)).toBe('dd605af60450e3fe4fce709235c278917e57487a24090f12ef5959dae2b52448');
  });

  it('does not read a test file that is not there, and its hash says so', async () => {
    await upload('alone.csv');
    const alone = parseAnswer(PipelineRun, await forecast({ dataset_name: 'alone' }));
    expect(alone.parameters).not.toHaveProperty('test_file');
    await upload('alone_test.csv');
    const both = parseAnswer(PipelineRun, await forecast({ dataset_name: 'alone' }));
    expect(both.parameters.test_file).toBe('alone_test.csv');
    expect(both.config_hash).not.toBe(alone.config_hash);
  });
});

describe('what is refused', () => {
  it.each([
    [{ hidden_sise: 64 }, 'parameters'],
    [{ epochs: '10' }, 'parameters.epochs'],
    [{ epochs: 0 }, 'parameters.epochs'],
    [{ epochs: 1.5 }, 'parameters.epochs'],
    [{ learning_rate: null }, 'parameters.learning_rate'],
    [{ scaler: 'minmax' }, 'parameters.scaler'],
    [{ handle_nans: 'true' }, 'parameters.handle_nans'],
    [{ train_test_split: 1 }, 'parameters.train_test_split'],
    [{ identifier: '../up' }, 'parameters.identifier'],
    [{ identifier: 'current.json' }, 'parameters.identifier'],
    [{ identifier: '' }, 'parameters.identifier'],
    [{ dataset_name: '../../etc/passwd' }, 'parameters.dataset_name'],
    [{ dataset_name: '' }, 'parameters.dataset_name'],
    [{ targets: [] }, 'parameters.targets'],
    [{ targets: ['up'], columns: ['down'] }, 'parameters.targets'],
    [{ clip_enable: true, clip_method: 'percentile' }, 'parameters.clip_factor'],
    [{ score_weights: { rmse: 0, mae: 0, mse: 0 } }, 'parameters.score_weights'],
    [{ score_weights: { rmse: 1 } }, 'parameters.score_weights.mae'],
    [{ inference_length: 10_001 }, 'parameters.inference_length'],
    // Text that PostgreSQL cannot store.
    [{ targets: 'x\0' }, 'parameters.targets'],
    [{ columns: ['a', '\ud800'] }, 'parameters.columns.1'],
    [{ index_col: '\ud800' }, 'parameters.index_col'],
    [{ extra_hash_salt: '\0' }, 'parameters.extra_hash_salt'],
  ])('%j: the answer names %s', async (parameters, path) => {
    await upload('refused.csv');
    const runs = await db.pipelineRun.count();
    const { errors } = expectProblem(
      await forecast({ dataset_name: 'refused', ...parameters }),
      400,
      'invalid_request',
    );
    expect(errors?.map((error) => error.path)).toContain(path);
    expect(await db.pipelineRun.count()).toBe(runs);
  });

  it('every fault at once, each with what would be right', async () => {
    const { errors } = expectProblem(await forecast({ epochs: 0, batch_size: 'all', hiden_size: 1 }), 400);
    expect(errors?.map(({ path }) => path).sort()).toEqual([
      'parameters',
      'parameters.batch_size',
      'parameters.dataset_name',
      'parameters.epochs',
    ]);
    expect(errors?.find(({ path }) => path === 'parameters')?.message).toContain('hiden_size');
  });

  it('an unknown pipeline, with the names there are', async () => {
    const { errors } = expectProblem(await create({ pipeline: 'forecast', parameters: {} }), 400);
    expect(errors).toMatchObject([{ path: 'pipeline' }]);
    expect(JSON.stringify(errors)).toMatch(/forecasting.*selftest/);
  });

  it('a field beside pipeline and parameters', async () => {
    expectProblem(await create({ pipeline: 'selftest', params: {} }), 400);
  });

  it('a data set that is not there, with the name of the missing object', async () => {
    const { errors } = expectProblem(await forecast({ dataset_name: 'nowhere' }), 400, 'invalid_request');
    expect(errors).toEqual([
      {
        path: 'parameters.dataset_name',
        message: 'there is no object "nowhere.csv" in bucket "dataset"; upload it first',
      },
    ]);
  });

  it('files that are named and not there, all of them', async () => {
    const files = { dataset_name: 'x', train_file: 'a/train.csv', test_file: 'b/test.csv' };
    const { errors } = expectProblem(await forecast(files), 400);
    expect(errors?.map(({ path }) => path)).toEqual(['parameters.train_file', 'parameters.test_file']);
  });
});

it('makes each of 50 runs that are asked for at once, and queues each once', async () => {
  const before = await depth();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      create({ pipeline: 'selftest', parameters: { identifier: `burst-${i % 7}` } }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 202));
  const ids = answers.map((answer) => parseAnswer(PipelineRun, answer).id);
  expect(new Set(ids).size).toBe(50);
  expect(await depth()).toBe(before + 50);
  const page = parseAnswer(PipelineRunPage, await http.get('/pipeline-runs?limit=50'));
  expect(page.items.map(({ id }) => id).sort()).toEqual(ids.sort());
});

it('accepts a run although the queue is away: it is written, and will be queued later', async () => {
  const answer = await withoutQueue.http.post('/pipeline-runs').send({ pipeline: 'selftest' });
  expect(answer.status).toBe(202);
  const { id } = parseAnswer(PipelineRun, answer);
  expect(await withoutQueue.db.step.findMany({ where: { run_id: id, state: 'QUEUED' } })).toMatchObject([
    { name: 'first', dispatched_at: null },
  ]);
});
