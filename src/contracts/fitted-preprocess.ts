import { z } from 'zod';

export const scalerNames = ['MinMaxScaler', 'StandardScaler', 'RobustScaler', 'MaxAbsScaler', ''] as const;
export const ScalerName = z.enum(scalerNames);
export type ScalerName = z.infer<typeof ScalerName>;

const RawColumn = z.object({
  name: z.string(),
  /** What an empty cell becomes: the column's mean over the train rows (after dropping rows, before clipping). */
  fill: z.number(),
  /** Bounds from the train rows; null when clipping is off. */
  clip: z.object({ lower: z.number(), upper: z.number() }).nullable(),
});

/**
 * Everything that preprocessing learned from the train rows, enough to repeat it on a raw row:
 * empty cells, then clip, then time features, then lags, then `(value - center) / scale`.
 */
export const FittedPreprocess = z.object({
  /** The raw columns that are used, in the order of the file. */
  columns: z.array(RawColumn).min(1),
  time_features: z.boolean(),
  /** Lagged copies of every column before them: rows `step`, `2·step`, … `n·step` back. n = 0 is none. */
  lags: z.object({ n: z.int().min(0), step: z.int().min(1) }),
  scaler: z.object({
    method: ScalerName,
    /** Per feature, in the order of `features`. No scale is 0. */
    center: z.array(z.number()),
    scale: z.array(z.number()),
  }),
  /** Names after time features and lags: the columns of the processed table. */
  features: z.array(z.string()).min(1),
});
export type FittedPreprocess = z.infer<typeof FittedPreprocess>;
