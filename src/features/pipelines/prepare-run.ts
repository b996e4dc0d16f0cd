import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import type { ForecastingParameters } from '../../contracts/forecasting-parameters.js';
import { buckets } from '../../contracts/object-keys.js';
import type { CreatePipelineRun } from '../../contracts/pipeline-run.js';
import type { NewRun } from '../../engine/create-run.js';
import { findPipeline } from '../../engine/pipelines/pipelines.js';
import { canonicalConfig, configHash } from '../../ml/config-hash.js';
import { datasetFiles } from '../../ml/dataset-files.js';
import { jsonObject } from '../../platform/database/json-object.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';

/**
 * Settles everything about a run that is asked for, so that it can be written.
 * @throws AppError `invalid_request` when a file of the data set is not there
 */
export async function prepareRun(
  store: ObjectStore,
  request: CreatePipelineRun,
  by: Caller,
): Promise<NewRun> {
  const { parameters, config_hash } =
    request.pipeline === 'forecasting'
      ? await resolveDataset(store, request.parameters)
      : { parameters: request.parameters, config_hash: null };
  const { tags, note, priority } = request;
  return {
    pipeline: findPipeline(request.pipeline),
    identifier: parameters.identifier,
    parameters: jsonObject(parameters),
    config_hash,
    by,
    tags,
    note,
    priority,
  };
}

/** Settles which files the run reads, so that its parameters and its config_hash say so whatever comes later. */
async function resolveDataset(store: ObjectStore, parameters: ForecastingParameters) {
  const { train, test, testRequired } = datasetFiles(parameters);
  const missing = async (key: string, path: string) => {
    if (await exists(store, key)) return [];
    return [{ path, message: `there is no object "${key}" in bucket "${buckets.dataset}"; upload it first` }];
  };
  const trainPath = parameters.train_file ? 'parameters.train_file' : 'parameters.dataset_name';
  const issues = [
    ...(await missing(train, trainPath)),
    ...(testRequired ? await missing(test, 'parameters.test_file') : []),
  ];
  if (issues.length > 0) throw new AppError('invalid_request', 'The data set is not there.', { issues });
  const test_file = testRequired || (await exists(store, test)) ? test : undefined;
  const files = { train_file: train, test_file: test_file ?? null };
  return {
    parameters: { ...parameters, train_file: train, ...(test_file !== undefined && { test_file }) },
    config_hash: configHash(canonicalConfig(parameters, files)),
  };
}

async function exists(store: ObjectStore, key: string): Promise<boolean> {
  try {
    await store.head(buckets.dataset, key);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return false;
    throw error;
  }
}
