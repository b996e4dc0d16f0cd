import { z } from 'zod';

/** A metric that is not finite is null and never wins. */
const value = z.number().nullable();

/** Means over windows, horizon steps and targets of the held-out rows; scaled is the train scaler's scale. */
export const ForecastMetrics = z
  .object({
    rmse: value,
    mae: value,
    mse: value,
    rmse_raw: value,
    mae_raw: value,
    mse_raw: value,
    windows: z.int().meta({ description: 'Held-out windows that counted.' }),
  })
  .meta({ id: 'ForecastMetrics' });
export type ForecastMetrics = z.infer<typeof ForecastMetrics>;
