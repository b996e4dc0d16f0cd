import { z } from 'zod';
import { ArtifactRef } from '../artifact-ref.js';
import { InferenceMetrics } from '../inference-batch.js';
import { ServedModel } from '../served-model.js';

export const InferInput = z.object({
  served: ServedModel,
  test_rows: ArtifactRef,
  inference_length: z.int().min(1),
  sample_idx: z.int().min(0),
});

export const InferResult = z.object({
  /** The batch's line of the results file, and every row of the forecast as Parquet. */
  line: ArtifactRef,
  forecast: ArtifactRef,
  metrics: InferenceMetrics,
  /** UTC day of the line's timestamp, `20180228`: which results file it belongs to. */
  day: z.string().regex(/^\d{8}$/),
});
export type InferResult = z.infer<typeof InferResult>;
