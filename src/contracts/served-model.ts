import { z } from 'zod';
import { ArtifactRef } from './artifact-ref.js';
import { ServedType } from './served-manifest.js';

/** A registered model version, enough to load and name it. */
export const ServedModel = z.object({
  identifier: z.string(),
  model_version: z.int(),
  model_type: ServedType,
  /** The tracked run that trained or imported it. */
  run_id: z.string(),
  config_hash: z.string(),
  model: ArtifactRef,
  manifest: ArtifactRef,
});
export type ServedModel = z.infer<typeof ServedModel>;
