import { ForecastingParameters } from '../../src/contracts/forecasting-parameters.js';
import type { ModelType } from '../../src/contracts/model-manifest.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { ServedModel } from '../../src/contracts/served-model.js';
import type { Candidate } from '../../src/contracts/steps/evaluate.js';
import type { TrainResult } from '../../src/contracts/steps/train.js';
import { canonicalConfig, configHash } from '../../src/ml/config-hash.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { runStep, stepContext } from './step-context.js';

const hour = 3_600_000;
const start = Date.UTC(2024, 0, 1);
export const files = { train_file: 'series.csv', test_file: null };

/** 500 hours of a daily wave that rises, with a few empty cells: 400 to train on, 100 held out. */
export function seriesCsv(): string {
  const rows = Array.from({ length: 500 }, (_, row) => {
    const wave = Math.sin((2 * Math.PI * row) / 24);
    const down = 100 + row / 20 + 30 * wave + Math.sin(row * row);
    const up = row % 50 === 7 ? '' : 20 - 5 * wave;
    return `${new Date(start + row * hour).toISOString()},${up},${row === 430 ? '' : down}`;
  });
  return ['time,up,down', ...rows].join('\n');
}

export const parameters = ForecastingParameters.parse({
  dataset_name: 'series',
  targets: 'down',
  hidden_size: 8,
  num_layers: 1,
  epochs: 3,
  batch_size: 16,
  learning_rate: 0.01,
  input_seq_len: 6,
  lags_enable: true,
  lags_n: 2,
  lags_step: 2,
  n_changepoints: 3,
  inference_length: 20,
});
export const identity = {
  identifier: 'run-001',
  config_hash: configHash(canonicalConfig(parameters, files)),
};

/** The series put through the steps up to two trained models. */
export async function trainSeries(store: ObjectStore) {
  await store.put(buckets.dataset, 'series.csv', Buffer.from(seriesCsv()));
  const { context } = stepContext(store);
  const preprocess = await runStep('preprocess', { ...identity, parameters, ...files }, context);
  const input = { ...identity, parameters, preprocess };
  return {
    preprocess,
    gru: await runStep('train_recurrent', { ...input, model_type: 'GRU' }, context),
    prophet: await runStep('train_prophet', { ...input, model_type: 'PROPHET' }, context),
  };
}

/** A trained model as evaluate is given it. */
export function candidateOf(model_type: ModelType, result: TrainResult, model_version = 1): Candidate {
  return { ...result, model_type, model_version, tracked_run_id: 'tracked' };
}

/** A trained model as it serves. */
export function servedBy(model_type: ModelType, { model, manifest }: TrainResult): ServedModel {
  return { ...identity, model_version: 1, model_type, run_id: 'tracked', model, manifest };
}
