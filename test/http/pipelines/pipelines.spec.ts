import { expect, it } from 'vitest';
import { z } from 'zod';
import { PipelineList } from '../../../src/contracts/pipeline.js';
import { testApp } from '../../app.js';
import { parseAnswer } from '../parse-answer.js';

const { http } = await testApp();

it('lists the pipelines with their steps and edges', async () => {
  const answer = await http.get('/pipelines');
  expect(answer.status).toBe(200);
  const { items, next_cursor } = parseAnswer(PipelineList, answer);
  expect(next_cursor).toBeNull();
  expect(items.map(({ name }) => name)).toEqual(['forecasting', 'selftest']);
  const [forecasting] = items;
  expect(forecasting?.steps.map(({ name, kind }) => `${kind}/${name}`)).toEqual([
    'preprocess/preprocess',
    'train/train_lstm',
    'train/train_gru',
    'train/train_prophet',
    'evaluate/evaluate',
    'infer/infer',
  ]);
  expect(forecasting?.edges).toEqual([
    { from: 'preprocess', to: 'train_lstm' },
    { from: 'preprocess', to: 'train_gru' },
    { from: 'preprocess', to: 'train_prophet' },
    { from: 'train_lstm', to: 'evaluate' },
    { from: 'train_gru', to: 'evaluate' },
    { from: 'train_prophet', to: 'evaluate' },
    { from: 'evaluate', to: 'infer' },
  ]);
  expect(forecasting?.steps.find(({ name }) => name === 'evaluate')?.needs).toBe('any');
});

it('describes the parameters with their defaults, so that a form can be made of them', async () => {
  const { items } = parseAnswer(PipelineList, await http.get('/pipelines'));
  const Schema = z.object({
    required: z.array(z.string()),
    properties: z.record(
      z.string(),
      z.object({ default: z.unknown().optional(), description: z.string().optional() }),
    ),
  });
  const { required, properties } = Schema.parse(items[0]?.parameters);
  expect(required).toEqual(['dataset_name']);
  expect(Object.entries(properties).filter(([, { description }]) => !description)).toEqual([]);
  expect(properties).toMatchObject({
    identifier: { default: 'run-001' },
    hidden_size: { default: 128 },
    epochs: { default: 10 },
    learning_rate: { default: 1e-4 },
    scaler: { default: 'MinMaxScaler' },
  });
});
