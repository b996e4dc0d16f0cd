import { AppError } from '../../src/contracts/app-error.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { Frame } from '../../src/ml/frame.js';
import { readFrameParquet, writeFrameParquet } from '../../src/ml/frame-parquet.js';
import { predictionHash } from '../../src/ml/prediction-hash.js';
import { mediaTypes } from '../../src/platform/media-types.js';
import { getVerified, putByDigest } from '../../src/platform/object-store/content-address.js';
import { loadModel } from '../../src/evaluation/loaded-model.js';
import { batchForecast } from '../inference/batch-forecast.js';
import { summariseBatch } from '../inference/summarise-batch.js';
import type { Step } from '../step.js';

/** A batch forecast with what is promoted, on the held-out rows. */
export const infer: Step<'infer'> = async ({ served, test_rows, inference_length, sample_idx }, context) => {
  const { store, progress, log, now } = context;
  const { frame } = await readFrameParquet(await getVerified(store, test_rows));
  const { model, gate } = await loadModel(store, served);
  if (!model) throw new AppError('invalid_data', `the promoted model cannot serve: ${gate.message}`);
  const { identifier, model_type, model_version } = served;
  log(`${model_type} of ${identifier}, version ${model_version}, from row ${sample_idx} of ${frame.rows}`);
  let forecast: Frame;
  try {
    forecast = await batchForecast(model, frame, sample_idx, inference_length, (done) =>
      progress({ fraction: done / inference_length, message: `${done} of ${inference_length} rows` }),
    );
  } finally {
    await model.session.release();
  }
  const timestamp = new Date(now()).toISOString();
  const summary = summariseBatch(forecast, frame, sample_idx + model.manifest.rows);
  const metrics = {
    ...summary.metrics,
    prediction_hash: predictionHash(forecast),
    rows_predicted: forecast.rows,
  };
  const line = {
    timestamp,
    identifier: served.identifier,
    run_id: served.run_id,
    model_type: served.model_type,
    config_hash: served.config_hash,
    status: 'SUCCESS',
    metrics,
    samples: summary.samples,
  };
  const text = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  progress({ fraction: 1, message: `${forecast.rows} rows` });
  log(`${forecast.rows} rows forecast, prediction_hash ${metrics.prediction_hash}`);
  return {
    line: await putByDigest(store, buckets.artifacts, text, mediaTypes.jsonLines),
    forecast: await putByDigest(store, buckets.artifacts, writeFrameParquet(forecast), mediaTypes.parquet),
    metrics,
    day: timestamp.slice(0, 10).replaceAll('-', ''),
  };
};
