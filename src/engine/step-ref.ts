import { z } from 'zod';

/** One attempt of a step; also the whole payload of its job: the row owns everything else. */
export const StepRef = z.object({ run_id: z.uuid(), step: z.string(), attempt: z.int().min(1) });
export type StepRef = z.infer<typeof StepRef>;

/** The same attempt has the same job, so that adding it twice is adding it once. */
export function jobId({ run_id, step, attempt }: StepRef): string {
  return `${run_id}.${step}.${attempt}`;
}
