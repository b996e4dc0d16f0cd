import { z } from 'zod';

/** How far a step is. Only the newest is kept. */
export const StepProgress = z
  .object({
    fraction: z.number().min(0).max(1),
    message: z.string(),
    epoch: z.int().optional(),
    epochs: z.int().optional(),
    /** Of the last finished epoch, on the scaler's scale. */
    loss: z.number().nullable().optional(),
    windows_per_second: z.number().optional(),
    seconds_left: z.number().optional(),
  })
  .meta({ id: 'StepProgress' });
export type StepProgress = z.infer<typeof StepProgress>;
