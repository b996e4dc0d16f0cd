import { z } from 'zod';
import { AppError, errorCodes } from './app-error.js';

/** Why a step failed, as it stands in a row and in an answer. */
export const StepError = z
  .object({
    code: z.enum(errorCodes),
    message: z.string(),
    where: z.string().optional(),
    permanent: z.boolean().meta({ description: 'Another attempt with the same input would fail again.' }),
  })
  .meta({ id: 'StepError' });
export type StepError = z.infer<typeof StepError>;

/** Anything thrown, as a step's error; unknown things are `internal` and tried again. */
export function toStepError(error: unknown): StepError {
  if (error instanceof AppError) {
    const { code, message, where, permanent } = error;
    return { code, message, where, permanent };
  }
  return {
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
    permanent: false,
  };
}
