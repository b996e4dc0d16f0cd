import { expect, it } from 'vitest';
import { ForecastSchema, PredictAnswer } from '../../../src/contracts/predict.js';
import { testApp } from '../../app.js';
import { columnNames, hour, servedModel } from '../../factories/served-model.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp();

it('shows what the promoted model takes', async () => {
  const model = await servedModel(db, store, {
    identifier: 'shown',
    targets: ['users', 'down'],
    horizon: 2,
    parameters: { lags_enable: true, lags_n: 1, lags_step: 3 },
  });
  const answer = await http.get('/predict/schema?identifier=shown');
  expect(answer.status).toBe(200);
  const fills = model.manifest.preprocess.columns.map(({ name, fill }) => [name, fill] as const);
  expect(parseAnswer(ForecastSchema, answer)).toMatchObject({
    identifier: 'shown',
    run_id: model.version.run_id,
    model_type: 'GRU',
    model_version: 1,
    columns: columnNames,
    targets: ['users', 'down'],
    window: 4,
    rows: 7,
    horizon: 2,
    step_ms: hour,
    units: 'as in the training file',
    fill_values: Object.fromEntries(fills),
  });
});

it.each(['shown', undefined])(
  'has an example that works when it is sent back, for identifier %s',
  async (identifier) => {
    const { text } = await http.get('/predict/schema').query({ identifier });
    const { example, step_ms, horizon, ...schema } = JSON.parse(text) as ForecastSchema;
    const answer = await http.post('/predict').send(example);
    expect(answer.status).toBe(200);
    const { predictions, model_version } = parseAnswer(PredictAnswer, answer);
    expect(model_version).toBe(schema.model_version);
    expect(predictions).toHaveLength(example.inference_length!);

    // Its first rows are those that the model's manifest promises.
    const { manifest_file } = await db.modelVersion.findUniqueOrThrow({
      where: { name_version: { name: schema.identifier, version: model_version } },
      include: { manifest_file: true },
    });
    const stored = await http.get(`/objects/${manifest_file.bucket}/${manifest_file.key}`);
    const manifest = JSON.parse(stored.text) as { example: { time: number[]; forecast: number[][] } };
    manifest.example.forecast.forEach((values, step) => {
      const { ts, ...forecast } = predictions[step]!;
      expect(ts).toBe(new Date(manifest.example.time.at(-1)! + (step + 1) * step_ms).toISOString());
      schema.targets.forEach((target, i) => expect(forecast[target]).toBeCloseTo(values[i]!, 4));
    });
    expect(manifest.example.forecast).toHaveLength(horizon);
  },
);

it('has one also for a model whose example holds an empty cell', async () => {
  await servedModel(db, store, { identifier: 'gaps' });
  const { text } = await http.get('/predict/schema?identifier=gaps');
  const { example } = JSON.parse(text) as ForecastSchema;
  expect(example.data?.users).toContain(null);
  expect((await http.post('/predict').send(example)).status).toBe(200);
});

it('gives for a configuration an example that leads to the model under it, not to the champion', async () => {
  const [old, current] = ['a'.repeat(64), 'b'.repeat(64)];
  await servedModel(db, store, { identifier: 'moved-on', config_hash: old, window: 3 });
  await servedModel(db, store, { identifier: 'moved-on', config_hash: current, window: 8 });
  const { text } = await http.get('/predict/schema').query({ identifier: 'moved-on', config_hash: old });
  const { example } = JSON.parse(text) as ForecastSchema;
  const answer = await http.post('/predict').send(example);
  expect(answer.status).toBe(200);
  expect(parseAnswer(PredictAnswer, answer).config_hash).toBe(old);
});

it('is not found where nothing is promoted', async () => {
  expectProblem(await http.get('/predict/schema?identifier=nobody'), 404, 'not_found');
  expectProblem(await http.get(`/predict/schema?config_hash=${'0'.repeat(64)}`), 404, 'not_found');
  expectProblem(await http.get('/predict/schema?config_hash=short'), 400, 'invalid_request');
});
