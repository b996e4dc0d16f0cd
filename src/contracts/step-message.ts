import { z } from 'zod';
import { LogLine } from './log-line.js';
import { StepError } from './step-error.js';
import { StepProgress } from './step-progress.js';
import { StepType } from './steps/step-types.js';

/** What a worker asks a step process to do. `input` is of the step's type and parsed by it again. */
export const StepTask = z.object({
  type: StepType,
  input: z.unknown(),
  tracked_run_id: z.string().nullable(),
});
export type StepTask = z.infer<typeof StepTask>;

/** A point of a metric of the attempt's tracked run. */
export const MetricPoint = z.object({
  key: z.string(),
  value: z.union([z.number(), z.nan(), z.literal(Infinity), z.literal(-Infinity)]),
  /** Epoch or training step. */
  step: z.int(),
  /** Epoch milliseconds. */
  timestamp: z.number(),
});
export type MetricPoint = z.infer<typeof MetricPoint>;

/** What a step process tells its worker. */
export const StepReport = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('progress'), progress: StepProgress }),
  z.object({ kind: z.literal('metrics'), points: z.array(MetricPoint) }),
  z.object({ kind: z.literal('log'), line: LogLine }),
  /** So many lines were not reported, because they were too many. */
  z.object({ kind: z.literal('left_out'), lines: z.int().min(1) }),
  z.object({ kind: z.literal('done'), result: z.unknown() }),
  z.object({ kind: z.literal('failed'), error: StepError }),
]);
export type StepReport = z.infer<typeof StepReport>;
