import { z } from 'zod';

/** A step of the pipeline `selftest`: it waits, and fails when it is told to. */
export const PauseInput = z.object({
  milliseconds: z.int().min(0),
  /** How many of the first attempts fail. */
  failures: z.int().min(0),
  attempt: z.int(),
});

export const PauseResult = z.object({ waited: z.int() });
