import { buckets, resultsKey } from '../../contracts/object-keys.js';
import type { Effect } from '../effect.js';
import { wantProjections } from '../want-projections.js';
import { mediaTypes } from '../../platform/media-types.js';
import { registerArtifacts } from './register-artifacts.js';

/** Names the batch. A forecast that the same model made before is not written a second time. */
export const inferEffect: Effect<'infer'> = async ({ input, result }, { run }) => {
  const { identifier, model_version, run_id } = input.served;
  const { line, forecast, day, metrics } = result;
  await registerArtifacts(run, [
    { file: line, mediaType: mediaTypes.jsonLines },
    { file: forecast, mediaType: mediaTypes.parquet },
  ]);
  const { count } = await run.tx.inferenceBatch.createMany({
    data: [
      {
        identifier,
        model_version,
        run_id,
        prediction_hash: metrics.prediction_hash,
        sha256: line.sha256,
        pipeline_run_id: run.row.id,
        day,
      },
    ],
    skipDuplicates: true,
  });
  if (count > 0) {
    await wantProjections(run.tx, buckets.inference, [
      { key: resultsKey(identifier, day), source: { type: 'inference_log', identifier, day } },
    ]);
  }
  return result;
};
