import { z } from 'zod';

const weight = (description: string) => z.number().min(0).max(1000).meta({ description });

/** What counts how much in `score = rmse·w + mae·w + mse·w`. They are used as they are, not normalised. */
export const ScoreWeights = z
  .strictObject({
    rmse: weight('Weight of the root mean squared error.'),
    mae: weight('Weight of the mean absolute error.'),
    mse: weight('Weight of the mean squared error.'),
  })
  .refine(({ rmse, mae, mse }) => rmse + mae + mse > 0, 'at least one weight must be above 0');
export type ScoreWeights = z.infer<typeof ScoreWeights>;

export const defaultScoreWeights: ScoreWeights = { rmse: 0.5, mae: 0.3, mse: 0.2 };
