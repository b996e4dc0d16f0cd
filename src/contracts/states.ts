import { z } from 'zod';

export const RunState = z.enum(['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELING', 'CANCELED']);
export type RunState = z.infer<typeof RunState>;

export const StepState = z.enum([
  'PENDING',
  'QUEUED',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'SKIPPED',
  'CANCELED',
]);
export type StepState = z.infer<typeof StepState>;

export const AttemptOutcome = z.enum(['SUCCEEDED', 'FAILED', 'CRASHED', 'CANCELED']);
export type AttemptOutcome = z.infer<typeof AttemptOutcome>;

/** A queue each: a worker takes the kinds that its machine is good for. */
export const stepKinds = ['preprocess', 'train', 'evaluate', 'infer'] as const;
export const StepKind = z.enum(stepKinds);
export type StepKind = z.infer<typeof StepKind>;
