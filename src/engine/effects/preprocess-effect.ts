import { buckets, processedKey } from '../../contracts/object-keys.js';
import type { Effect } from '../effect.js';
import { wantProjections } from '../want-projections.js';
import { mediaTypes } from '../../platform/media-types.js';
import { registerArtifacts } from './register-artifacts.js';

/** Names the stored tables and asks for their readable copies. */
export const preprocessEffect: Effect<'preprocess'> = async ({ input, result }, { run }) => {
  const { identifier, config_hash } = input;
  const files = [
    { name: 'processed_data.parquet', file: result.processed_train, mediaType: mediaTypes.parquet },
    { name: 'test_processed_data.parquet', file: result.processed_test, mediaType: mediaTypes.parquet },
    { name: 'processed_data.meta.json', file: result.meta, mediaType: mediaTypes.json },
  ];
  await registerArtifacts(run, [
    ...files,
    { file: result.train_rows, mediaType: mediaTypes.parquet },
    { file: result.test_rows, mediaType: mediaTypes.parquet },
  ]);
  await wantProjections(
    run.tx,
    buckets.processed,
    files.map(({ name, file, mediaType }) => ({
      key: processedKey(identifier, config_hash, name),
      source: { type: 'artifact', file, content_type: mediaType },
    })),
  );
  return result;
};
