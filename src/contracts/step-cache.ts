import { z } from 'zod';

/** Everything that decides what a step computes, by name; digests stand for bytes. */
export const CacheInputs = z.record(z.string(), z.json());
export type CacheInputs = z.infer<typeof CacheInputs>;

/** What was found when it was asked whether an earlier step can stand for this one. */
export const CacheOutcome = z.enum(['reused', 'none', 'damaged', 'off', 'unknown']);

/** Stands in a step's row. */
export const StepCacheRecord = z.object({
  inputs: CacheInputs,
  outcome: CacheOutcome,
  /** More about the outcome: which bytes are damaged, say. */
  note: z.string().nullable(),
});
export type StepCacheRecord = z.infer<typeof StepCacheRecord>;
