import { z } from 'zod';
import { ArtifactRef } from '../artifact-ref.js';
import { FittedPreprocess } from '../fitted-preprocess.js';
import { ForecastingParameters } from '../forecasting-parameters.js';

export const PreprocessInput = z.object({
  identifier: z.string(),
  config_hash: z.string(),
  parameters: ForecastingParameters,
  train_file: z.string(),
  test_file: z.string().nullable(),
});

/** A file of the bucket dataset as it was read: it can change under the same name. */
const SourceFile = z.object({ key: z.string(), sha256: z.string(), size: z.int() });

export const PreprocessResult = z.object({
  source: z.object({ train: SourceFile, test: SourceFile.nullable() }),
  /** Raw rows as read, sorted and sampled; empty cells stay empty. Parquet. */
  train_rows: ArtifactRef,
  test_rows: ArtifactRef,
  /** The same rows filled, clipped, extended and scaled. Parquet with the configuration embedded. */
  processed_train: ArtifactRef,
  processed_test: ArtifactRef,
  meta: ArtifactRef,
  fitted: FittedPreprocess,
  targets: z.array(z.string()).min(1),
  step_ms: z.number(),
  row_count: z.object({ train: z.int(), test: z.int() }),
  trained: z.object({ from: z.iso.datetime(), to: z.iso.datetime(), rows: z.int() }),
  warnings: z.array(z.string()),
});
export type PreprocessResult = z.infer<typeof PreprocessResult>;
