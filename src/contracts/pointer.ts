import { z } from 'zod';
import { ServedType } from './served-manifest.js';
import { ScoreWeights } from './score-weights.js';

const value = z.number().nullable();

/**
 * `current.json`, in this order of fields; what we add stands after `weights`.
 * `run_id` is the tracked run that trained the model.
 */
export const CurrentPointer = z
  .object({
    identifier: z.string(),
    config_hash: z.string(),
    run_id: z.string(),
    model_type: ServedType,
    experiment: z.string(),
    model_uri: z.string(),
    rmse: value,
    mae: value,
    mse: value,
    score: value,
    timestamp: z.iso.datetime(),
    weights: ScoreWeights,
    promotion_id: z.string(),
    version: z.int().meta({ description: "The pointer's version: 1, 2, 3, … per identifier." }),
    model_version: z.int(),
    sha256: z.string().meta({ description: 'Digest of the ONNX file.' }),
  })
  .meta({ id: 'CurrentPointer' });
export type CurrentPointer = z.infer<typeof CurrentPointer>;
