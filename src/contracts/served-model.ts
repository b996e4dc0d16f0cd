import { z } from 'zod';
import { ArtifactRef } from './artifact-ref.js';
import { ModelType } from './model-manifest.js';

/** A registered model version, enough to load and name it. */
export const ServedModel = z.object({
  identifier: z.string(),
  model_version: z.int(),
  model_type: ModelType,
  /** The tracked run that trained it. */
  run_id: z.string(),
  config_hash: z.string(),
  model: ArtifactRef,
  manifest: ArtifactRef,
});
export type ServedModel = z.infer<typeof ServedModel>;
