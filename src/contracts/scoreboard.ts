import { z } from 'zod';
import { modelTypes } from './model-manifest.js';

const value = z.number().nullable();

/** One model of a run, measured on the same target, origins and scale as the others. */
export const ScoreboardRow = z
  .object({
    model_type: z.enum([...modelTypes, 'NAIVE', 'RIDGE']),
    score: value,
    rmse: value,
    mae: value,
    mse: value,
    rmse_raw: value,
    mae_raw: value,
    seconds: z.number(),
    promoted: z.boolean(),
    information: z
      .enum(['one-step', 'from train end'])
      .meta({ description: 'What the model sees: each true previous row, or nothing after the train rows.' }),
  })
  .meta({ id: 'ScoreboardRow' });
export type ScoreboardRow = z.infer<typeof ScoreboardRow>;
