import { createHash } from 'node:crypto';
import { AppError } from '../../src/contracts/app-error.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { StepInput } from '../../src/contracts/steps/step-types.js';
import { canonicalConfig } from '../../src/ml/config-hash.js';
import type { Frame } from '../../src/ml/frame.js';
import { writeFrameParquet } from '../../src/ml/frame-parquet.js';
import { parseCsv } from '../../src/ml/parse-csv.js';
import { preprocessDataset } from '../../src/ml/preprocess-dataset.js';
import { mediaTypes } from '../../src/platform/media-types.js';
import { putByDigest } from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { readObject } from '../../src/platform/object-store/read-object.js';
import type { Step } from '../step.js';

/** A CSV is read whole: with its columns as doubles it takes about twice its size. */
const maxFileSize = 1024 ** 3;

/** Reads the data set, learns from the train rows, and stores raw and processed tables. */
export const preprocess: Step<'preprocess'> = async (input, { store, progress, log, now }) => {
  const { identifier, config_hash, parameters, train_file, test_file } = input;
  progress({ fraction: 0.05, message: `reading ${train_file}` });
  const train = await readTable(store, train_file, input);
  const test = test_file === null ? null : await readTable(store, test_file, input);
  progress({ fraction: 0.4, message: `${train.frame.rows} rows read` });
  const dataset = preprocessDataset(train.frame, test?.frame ?? null, parameters);
  const { fitted, rawTrain, rawTest } = dataset;
  for (const { frame, source } of test ? [train, test] : [train])
    log(`${source.key}: ${frame.rows} rows of ${columnNames(frame)}, ${source.size} bytes`);
  log(
    `a row every ${dataset.stepMs / 1000} s; ${dataset.train.rows} rows to learn from, ${dataset.test.rows} held out`,
  );
  log(
    `${fitted.features.length} features: ${fitted.features.join(', ')}; targets: ${dataset.targets.join(', ')}; scaler ${fitted.scaler.method}`,
  );
  for (const warning of dataset.warnings) log(warning, 'warn');

  const config = canonicalConfig(parameters, { train_file, test_file });
  const metadata = { preprocess_config: config, config_hash };
  const storeTable = (frame: Frame, pairs: Record<string, string> = {}) =>
    putByDigest(store, buckets.artifacts, writeFrameParquet(frame, pairs), mediaTypes.parquet);
  progress({ fraction: 0.6, message: 'storing tables' });
  const [train_rows, test_rows, processed_train, processed_test] = await Promise.all([
    storeTable(rawTrain),
    storeTable(rawTest),
    storeTable(dataset.train, metadata),
    storeTable(dataset.test, metadata),
  ]);
  const meta = {
    identifier,
    source_bucket: buckets.dataset,
    train_source_object: train_file,
    test_source_object: test_file,
    config: null,
    config_hash,
    created_at: new Date(now()).toISOString(),
    scaler_type: fitted.scaler.method,
    output_object: `${identifier}/${config_hash}/processed_data.parquet`,
    row_count: dataset.train.rows,
    column_names: fitted.features,
    scaler: fitted.scaler,
    source_sha256: { train: train.source.sha256, test: test?.source.sha256 ?? null },
    warnings: dataset.warnings,
  };
  // As it was hashed: parsed and written again, 2.0 would become 2 and give another hash.
  const metaText = JSON.stringify(meta, null, 2).replace('"config": null', () => `"config": ${config}`);
  const metaBytes = new TextEncoder().encode(`${metaText}\n`);
  progress({ fraction: 1, message: `${dataset.train.rows} train and ${dataset.test.rows} test rows` });
  return {
    source: { train: train.source, test: test?.source ?? null },
    train_rows,
    test_rows,
    processed_train,
    processed_test,
    meta: await putByDigest(store, buckets.artifacts, metaBytes, mediaTypes.json),
    fitted,
    targets: dataset.targets,
    step_ms: dataset.stepMs,
    row_count: { train: dataset.train.rows, test: dataset.test.rows },
    trained: {
      from: isoTime(rawTrain.time.at(0)),
      to: isoTime(rawTrain.time.at(-1)),
      rows: dataset.train.rows,
    },
    warnings: dataset.warnings,
  };
};

async function readTable(store: ObjectStore, key: string, { parameters }: StepInput<'preprocess'>) {
  const bytes = await readObject(store, buckets.dataset, key, maxFileSize);
  const frame = parseCsv(bytes, { file: key, indexCol: parameters.index_col, columns: parameters.columns });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { frame, source: { key, sha256, size: bytes.length } };
}

function columnNames({ columns }: Frame): string {
  return columns.map(({ name }) => name).join(', ');
}

function isoTime(ms: number | undefined): string {
  if (ms === undefined) throw new AppError('internal', 'a data set without rows came through the checks');
  return new Date(ms).toISOString();
}
